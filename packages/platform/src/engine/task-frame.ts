/** TASK frames: the input sets of a run, in the frame or in a slot of the shared file. */
import { AppError } from '@pappus/core';
import { encodeSets, lengthOf } from '../sets/set-frame.ts';
import type { SegmentTask } from './compute-engine.ts';
import type { FrameWriter } from './frame-writer.ts';
import { MAX_FRAME_BYTES, SHARE_FROM_BYTES } from './limits.ts';
import { frameType, taskFlag } from './protocol.ts';
import type { SharedSlots } from './shared-slots.ts';

const MAX_SETS_BYTES = MAX_FRAME_BYTES - 1_048_576;
const NONE: readonly never[] = [];

export interface EncodedTask {
  readonly traced: boolean;
  readonly inputs: readonly Uint8Array[];
  readonly inputBytes: number;
  readonly stdio: readonly Uint8Array[];
  readonly stdioBytes: number;
}

/** Everything that may not fit is found out here. Throws `resource-exhausted`. */
export function encodeTask({ inputs, stdio, traced }: SegmentTask): EncodedTask {
  const parts = encodeSets(inputs);
  const stdioParts = stdio === null ? NONE : encodeSets([stdio]);
  const encoded = { traced, inputs: parts, inputBytes: lengthOf(parts), stdio: stdioParts, stdioBytes: lengthOf(stdioParts) };
  const bytes = encoded.inputBytes + encoded.stdioBytes;
  if (bytes > MAX_SETS_BYTES) throw new AppError('resource-exhausted', `the inputs of one run have ${bytes} bytes, of ${MAX_SETS_BYTES}`);
  return encoded;
}

/** Where the task runs: its id, the place of its segment, the bytes that its outputs are likely to have. */
export interface TaskPlace {
  readonly id: number;
  readonly place: number;
  readonly outputBytes: number;
}

export function writeTask(writer: FrameWriter, task: EncodedTask, { id, place, outputBytes }: TaskPlace, slots: SharedSlots | null): void {
  const bytes = task.inputBytes + task.stdioBytes;
  const shares = bytes >= SHARE_FROM_BYTES;
  const wants = Math.max(shares ? bytes : 0, outputBytes);
  const slot = slots === null || wants < SHARE_FROM_BYTES ? null : slots.put(id, wants, shares ? [...task.inputs, ...task.stdio] : NONE);
  const inSlot = shares && slot !== null;
  writer.begin(frameType.task, (task.traced ? taskFlag.traced : 0) | (inSlot ? taskFlag.shared : 0), id);
  writer.u32(place);
  writer.u32(slot?.at ?? 0);
  writer.u32(slot?.bytes ?? 0);
  writer.u32(task.inputBytes);
  writer.u32(task.stdioBytes);
  if (!inSlot) writer.allBytes(task.inputs);
  if (!inSlot) writer.allBytes(task.stdio);
  writer.end();
}
