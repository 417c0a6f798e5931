/** Works on the items of one run a few at a time, in order, and gives the results in the items' order. */
import { cancelled } from '@pappus/core';

/**
 * `work` gets a signal that is aborted with `signal`, or when the work on another item has failed. Rejects with the
 * first failure, once all that was under way has ended: nothing outlives the run.
 */
export async function concurrentMap<T, R>(items: readonly T[], atOnce: number, signal: AbortSignal, work: (item: T, index: number, signal: AbortSignal) => Promise<R>): Promise<R[]> {
  if (items.length === 1) return [await work(items[0] as T, 0, signal)];
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const results = new Array<R>(items.length);
  let next = 0;
  let failure: { readonly thrown: unknown } | null = null;
  const worker = async (): Promise<void> => {
    while (failure === null && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index, controller.signal);
      } catch (thrown) {
        failure ??= { thrown };
        controller.abort(cancelled('the work on another item'));
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  const first = failure as { readonly thrown: unknown } | null;
  if (first !== null) throw first.thrown;
  return results;
}
