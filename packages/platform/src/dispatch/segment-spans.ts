/** The spans of a segment, as an engine measured them, in the time of the invocation. */
import type { SegmentResult } from '../engine/compute-engine.ts';
import type { Span, TraceRecorder } from './trace.ts';

export interface SegmentTimes {
  readonly result: SegmentResult;
  /** By step. */
  readonly names: readonly Pick<Span, 'application' | 'function' | 'run'>[];
  /** Since the start of the invocation: everything was there; and the result came. */
  readonly readyUs: number;
  readonly queueUs: number;
  readonly endUs: number;
}

/** What neither waited for a slot nor ran was on the way: it is the head's, whose run began with it. */
export function recordSegment(recorder: TraceRecorder, { result, names, readyUs, queueUs, endUs }: SegmentTimes): void {
  const awayUs = Math.max(0, endUs - readyUs - queueUs - result.busyUs);
  const [head] = names;
  if (head === undefined) return;
  if (result.spans.length === 0) {
    recorder.add({ ...head, startedUs: readyUs, queueUs, fetchUs: awayUs, sandboxUs: 0, computeUs: result.busyUs, storeUs: 0, engine: result.busyUs === 0 ? 'cache' : 'compute' });
    return;
  }
  for (const [index, { step, startedUs, sandboxUs, computeUs, storeUs }] of result.spans.entries()) {
    const phases = { sandboxUs, computeUs, storeUs, engine: 'compute' } as const;
    if (index === 0) recorder.add({ ...head, startedUs: readyUs, queueUs, fetchUs: awayUs, ...phases });
    // Half of the way lies before the task's start on its thread, as far as one can know here.
    else recorder.add({ ...(names[step] ?? head), startedUs: readyUs + queueUs + awayUs / 2 + startedUs, queueUs: 0, fetchUs: 0, ...phases });
  }
}
