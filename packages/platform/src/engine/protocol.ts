/**
 * What the gateway and the engines say to each other, over socket pairs that an engine process is born with: one control
 * channel to its main thread, and one data channel to each of its threads. The gateway believes nothing that comes from
 * an engine: a frame that is not as described here is `protocol`, and the engine is killed.
 *
 *   frame   u32 length of the body │ u8 type │ u8 flags │ u16 zero │ u32 id │ body         numbers are little-endian
 *
 *   data channel, gateway → thread
 *     FUNCTION   id function   u32 bytes, spec and report as JSON; module              before the first task that needs it
 *     SEGMENT    id place      u32 fan-out, u16 steps, per step: u32 function,         before the first task that needs it;
 *                              u16 inputs × (u16 step, u16 output, u8 1 each 2 optional), replaces what was at that place
 *                              u16 outputs × u8 exported
 *     TASK       id task       u32 place, u32 slot, u32 bytes of it, u32 bytes of the  flags 1 traced, 2 the sets are in the slot
 *                              input sets, u32 of stdio; input sets; stdio sets
 *     PREPARE    id task       u32 bytes, spec as JSON; code
 *   data channel, thread → gateway
 *     READY      id version                                                            first of all
 *     DONE       id task       u32 busy µs, steps (outcome.ts), spans, logs; sets      flags 2 u32 bytes of sets that are in the slot
 *     FAILED     id task       u32 busy µs, u16 step, failure, spans, logs
 *     SKIPPED    id task                                                               it was recalled before it began
 *     MISSING    id task       u16 functions × u32                                     evicted before it began
 *     EVICTED    id 0          u16 functions × u32
 *     PREPARED   id task       u8 0 refused, problems; or u8 1, report; module
 *     BROKEN     id task       text                                                    a defect of ours, not of the guest
 *   control channel, gateway → engine
 *     START      id channel                                                            start a thread on it
 *     RECALL     id channel    u32 task                                                start nothing more up to this task
 *     CANCEL     id channel    u32 task                                                end the thread if it runs this task
 *     PING       id any
 *   control channel, engine → gateway
 *     HELLO      id version
 *     RUNNING    id channel    u32 task or 0                                           answers RECALL
 *     ENDED      id channel    u8 cause, u32 task or 0, u16 step, u32 µs of its run     the thread is gone
 *                              or 0 where nobody looked, text, logs
 *     PONG       id of the PING
 *
 * A thread does its tasks in order. Task ids count up per channel from 1 and skip 0. The end of the control channel ends
 * the engine process; the end of a data channel ends its thread.
 */
import { AppError } from '@pappus/core';
import { MAX_FRAME_BYTES } from './limits.ts';

export const PROTOCOL_VERSION = 0x5045_0004;
export const HEADER_BYTES = 12;

export const frameType = {
  function: 1,
  segment: 2,
  task: 3,
  prepare: 4,
  ready: 16,
  done: 17,
  failed: 18,
  skipped: 19,
  missing: 20,
  evicted: 21,
  prepared: 22,
  broken: 23,
  start: 32,
  recall: 33,
  ping: 34,
  cancel: 35,
  hello: 48,
  running: 49,
  ended: 50,
  pong: 51,
} as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

/** `shared`: the sets lie at the beginning of the task's slot of the shared file (`shared-slots.ts`), not in the frame. */
export const taskFlag = { traced: 1, shared: 2 } as const;

/** Why a thread ended. `failed` is everything else: it threw, or left without a word. */
export const END_CAUSES = ['time', 'memory', 'closed', 'failed', 'cancelled'] as const;
export type EndCause = (typeof END_CAUSES)[number];

/** Receives frames; `body` is a view that holds only during the call unless the reader says otherwise. */
export type FrameHandler = (type: number, flags: number, id: number, body: Buffer) => void;

export function checkedBodyBytes(bytes: number, limit: number = MAX_FRAME_BYTES): number {
  if (bytes > limit) throw brokenProtocol(`a frame of ${bytes} bytes`);
  return bytes;
}

export const brokenProtocol = (what: string): AppError => new AppError('protocol', `an engine channel carried ${what}`);
