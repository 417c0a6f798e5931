/** A segment on a thread, or its result from where results are kept. */
import { resultKey } from '../cache/result-key.ts';
import type { SegmentResult, SegmentTask } from '../engine/compute-engine.ts';
import type { Sets } from '../sets/item.ts';
import type { DispatchServices } from './invocation.ts';
import type { ComputeCallee } from './plan.ts';

/** Rejects as the engine does. What somebody else has computed has no spans, logs and time of its own. */
export function compute({ engine, cache }: DispatchServices, callee: ComputeCallee, task: SegmentTask, signal: AbortSignal): Promise<SegmentResult> {
  return cache === null || !callee.memoized ? engine.run(task, signal) : computeOnce(engine, cache, callee, task, signal);
}

/** A segment with a memoized function has this one step, and all its outputs leave it. */
async function computeOnce(engine: DispatchServices['engine'], cache: NonNullable<DispatchServices['cache']>, { hash }: ComputeCallee, task: SegmentTask, signal: AbortSignal): Promise<SegmentResult> {
  const memoized = await cache.run<SegmentResult>(resultKey(hash, task.inputs, task.stdio), {
    signal,
    compute: (own) => engine.run(task, own),
    outputsOf: (result) => (result.kind === 'done' ? (result.outputs[0] as Sets) : null),
  });
  switch (memoized.kind) {
    case 'kept':
      return { kind: 'done', outputs: [memoized.outputs], ran: [true], spans: [], logs: [], busyUs: 0 };
    case 'joined':
      return { ...memoized.result, spans: [], logs: [], busyUs: 0 };
    case 'computed':
      return memoized.result;
  }
}
