/** A segment as a thread knows it: functions are numbers, agreed upon by the gateway for as long as its threads live. */
import type { FunctionHash } from '../functions/function-spec.ts';
import type { BodyReader } from './body-reader.ts';
import type { Segment, SegmentInput } from './compute-engine.ts';
import type { FrameWriter } from './frame-writer.ts';

export interface ProgramStep {
  readonly function: number;
  readonly inputs: readonly SegmentInput[];
  readonly exported: readonly boolean[];
}

export interface SegmentProgram {
  readonly steps: readonly ProgramStep[];
  readonly fanOut: number;
}

const EACH = 1;
const OPTIONAL = 2;

export function writeSegment(writer: FrameWriter, segment: Segment, numberOf: (hash: FunctionHash) => number): void {
  writer.u32(segment.fanOut);
  writer.u16(segment.steps.length);
  for (const { function: hash, inputs, exported } of segment.steps) {
    writer.u32(numberOf(hash));
    writer.u16(inputs.length);
    for (const { step, output, distribution, optional } of inputs) {
      writer.u16(step);
      writer.u16(output);
      writer.u8((distribution === 'each' ? EACH : 0) | (optional ? OPTIONAL : 0));
    }
    writer.u16(exported.length);
    for (const leaves of exported) writer.u8(leaves ? 1 : 0);
  }
}

export function readSegment(reader: BodyReader): SegmentProgram {
  const fanOut = reader.u32();
  const steps: ProgramStep[] = [];
  for (let left = reader.u16(); left > 0; left--) steps.push(readStep(reader));
  reader.end();
  return { steps, fanOut };
}

function readStep(reader: BodyReader): ProgramStep {
  const number = reader.u32();
  const inputs: SegmentInput[] = [];
  for (let left = reader.u16(); left > 0; left--) {
    const step = reader.u16();
    const output = reader.u16();
    const flags = reader.u8();
    inputs.push({ step, output, distribution: (flags & EACH) === 0 ? 'all' : 'each', optional: (flags & OPTIONAL) !== 0 });
  }
  const exported: boolean[] = [];
  for (let left = reader.u16(); left > 0; left--) exported.push(reader.u8() === 1);
  return { function: number, inputs, exported };
}
