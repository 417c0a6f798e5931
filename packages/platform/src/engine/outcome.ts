/**
 * The result of a segment as the body of a frame.
 *
 *   DONE    u32 busy µs, u16 steps × (u8 ran, u16 outputs × u8 carried), spans, logs; the carried sets as one set frame,
 *           or u32 its bytes where it is in the task's slot
 *   FAILED  u32 busy µs, u16 step, failure, spans, logs
 *   spans   u32 × (u16 step, u32 started, u32 sandbox, u32 compute, u32 store), all in µs
 *   logs    u32 × (u16 step, u32 stdout, u32 stderr, f64 dropped, bytes)
 *   failure u8 kind and its fields, as `writeFailure` has them
 */
import { AppError, unreachable } from '@pappus/core';
import type { RunFailure } from '../sandbox/sandbox.ts';
import type { ItemSet } from '../sets/item.ts';
import { decodeSets, encodeSets, lengthOf } from '../sets/set-frame.ts';
import type { BodyReader } from './body-reader.ts';
import type { RunSpan, SegmentResult, StepLog } from './compute-engine.ts';
import type { FrameWriter } from './frame-writer.ts';
import { brokenProtocol } from './protocol.ts';

type Done = Extract<SegmentResult, { kind: 'done' }>;
/** What a thread can say of a failure: that engines died is the gateway's to know. */
export type ThreadFailed = Omit<Extract<SegmentResult, { kind: 'failed' }>, 'failure'> & { readonly failure: RunFailure };
export type ThreadResult = Done | ThreadFailed;

const SPAN_BYTES = 18;
const LOG_BYTES = 18;
const STEP_BYTES = 3;
const MAX_U32 = 0xffff_ffff;

export interface EncodedResult {
  readonly result: ThreadResult;
  /** The sets that it carries. */
  readonly sets: readonly Uint8Array[];
  readonly bytes: number;
}

/** All that may not fit is found out here, before the first byte of the frame is written. */
export function encodeResult(result: ThreadResult): EncodedResult {
  if (result.kind === 'failed') return { result, sets: [], bytes: 0 };
  const carried: ItemSet[] = [];
  for (const outputs of result.outputs) for (const set of outputs) if (set !== null) carried.push(set);
  try {
    const sets = encodeSets(carried);
    return { result, sets, bytes: lengthOf(sets) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'resource-exhausted') throw error;
    const { spans, logs, busyUs, outputs } = result;
    const failure: RunFailure = { kind: 'limit', limit: 'output-items', message: error.message };
    return { result: { kind: 'failed', step: outputs.length - 1, failure, spans, logs, busyUs }, sets: [], bytes: 0 };
  }
}

/** `shared`: the sets are in the task's slot already. */
export function writeResult(writer: FrameWriter, { result, sets, bytes }: EncodedResult, shared = false): void {
  if (result.kind === 'failed') return writeFailed(writer, result);
  writer.u32(whole(result.busyUs));
  writer.u16(result.outputs.length);
  for (let step = 0; step < result.outputs.length; step++) {
    const outputs = result.outputs[step] ?? [];
    writer.u8(result.ran[step] === true ? 1 : 0);
    writer.u16(outputs.length);
    for (const set of outputs) writer.u8(set === null ? 0 : 1);
  }
  writeSpans(writer, result.spans);
  writeLogs(writer, result.logs);
  if (shared) writer.u32(bytes);
  else writer.allBytes(sets);
}

/** `shared` gives so many bytes of the task's slot, where the sets are there. */
export function readDone(reader: BodyReader, shared: ((bytes: number) => Buffer) | null = null): Done {
  const busyUs = reader.u32();
  const steps = reader.count(reader.u16(), STEP_BYTES);
  const ran: boolean[] = [];
  const carried: boolean[][] = [];
  let sets = 0;
  for (let step = 0; step < steps; step++) {
    ran.push(reader.u8() === 1);
    const flags: boolean[] = [];
    for (let left = reader.count(reader.u16(), 1); left > 0; left--) {
      const is = reader.u8() === 1;
      if (is) sets += 1;
      flags.push(is);
    }
    carried.push(flags);
  }
  const spans = readSpans(reader);
  const logs = readLogs(reader);
  const frame = shared === null ? reader.rest() : shared(reader.u32());
  reader.end();
  const decoded = decodeSets(frame);
  if (decoded.length !== sets) throw brokenProtocol(`${decoded.length} sets where ${sets} were announced`);
  let next = 0;
  const outputs = carried.map((flags) => flags.map((is) => (is ? (decoded[next++] as ItemSet) : null)));
  return { kind: 'done', outputs, ran, spans, logs, busyUs };
}

function writeFailed(writer: FrameWriter, result: ThreadFailed): void {
  writer.u32(whole(result.busyUs));
  writer.u16(result.step);
  writeFailure(writer, result.failure);
  writeSpans(writer, result.spans);
  writeLogs(writer, result.logs);
}

export function readFailed(reader: BodyReader): ThreadFailed {
  const busyUs = reader.u32();
  const step = reader.u16();
  const failure = readFailure(reader);
  const spans = readSpans(reader);
  const logs = readLogs(reader);
  reader.end();
  return { kind: 'failed', step, failure, spans, logs, busyUs };
}

const LIMITS = ['memory', 'time', 'output-bytes', 'output-items', 'stack'] as const;
const KINDS = ['trap', 'exception', 'exit', 'limit', 'invalid-output'] as const;

function writeFailure(writer: FrameWriter, failure: RunFailure): void {
  writer.u8(KINDS.indexOf(failure.kind));
  switch (failure.kind) {
    case 'trap':
      writer.text(failure.trap);
      writer.u8((failure.functionName === null ? 0 : 1) | (failure.offset === null ? 0 : 2));
      writer.text(failure.functionName ?? '');
      writer.f64(failure.offset ?? 0);
      return;
    case 'exception':
      writer.text(failure.message);
      writer.text(failure.stack);
      return;
    case 'exit':
      writer.f64(failure.code);
      return;
    case 'limit':
      writer.u8(LIMITS.indexOf(failure.limit));
      writer.text(failure.message);
      return;
    case 'invalid-output':
      writer.text(failure.message);
      return;
    default:
      unreachable(failure, 'failure');
  }
}

function readFailure(reader: BodyReader): RunFailure {
  const kind = KINDS[reader.u8()];
  switch (kind) {
    case 'trap': {
      const trap = reader.text();
      const has = reader.u8();
      const functionName = reader.text();
      const offset = reader.f64();
      return { kind, trap, functionName: (has & 1) === 0 ? null : functionName, offset: (has & 2) === 0 ? null : offset };
    }
    case 'exception':
      return { kind, message: reader.text(), stack: reader.text() };
    case 'exit':
      return { kind, code: reader.f64() };
    case 'limit': {
      const limit = LIMITS[reader.u8()];
      if (limit === undefined) throw brokenProtocol('an unknown limit');
      return { kind, limit, message: reader.text() };
    }
    case 'invalid-output':
      return { kind, message: reader.text() };
    case undefined:
      throw brokenProtocol('an unknown kind of failure');
    default:
      return unreachable(kind, 'failure');
  }
}

function writeSpans(writer: FrameWriter, spans: readonly RunSpan[]): void {
  writer.u32(spans.length);
  for (const span of spans) {
    writer.u16(span.step);
    writer.u32(whole(span.startedUs));
    writer.u32(whole(span.sandboxUs));
    writer.u32(whole(span.computeUs));
    writer.u32(whole(span.storeUs));
  }
}

function readSpans(reader: BodyReader): readonly RunSpan[] {
  const spans: RunSpan[] = [];
  for (let left = reader.count(reader.u32(), SPAN_BYTES); left > 0; left--) {
    spans.push({ step: reader.u16(), startedUs: reader.u32(), sandboxUs: reader.u32(), computeUs: reader.u32(), storeUs: reader.u32() });
  }
  return spans;
}

export function writeLogs(writer: FrameWriter, logs: readonly StepLog[]): void {
  writer.u32(logs.length);
  for (const { step, log } of logs) {
    writer.u16(step);
    writer.u32(log.stdout.length);
    writer.u32(log.stderr.length);
    writer.f64(log.droppedBytes);
    writer.bytes(log.stdout);
    writer.bytes(log.stderr);
  }
}

export function readLogs(reader: BodyReader): readonly StepLog[] {
  const logs: StepLog[] = [];
  for (let left = reader.count(reader.u32(), LOG_BYTES); left > 0; left--) {
    const step = reader.u16();
    const stdoutBytes = reader.u32();
    const stderrBytes = reader.u32();
    const droppedBytes = reader.f64();
    logs.push({ step, log: { stdout: reader.bytes(stdoutBytes), stderr: reader.bytes(stderrBytes), droppedBytes } });
  }
  return logs;
}

/** As a u32. */
export const whole = (us: number): number => Math.min(MAX_U32, Math.max(0, Math.round(us)));
