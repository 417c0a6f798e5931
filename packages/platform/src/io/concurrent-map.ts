/** Works on the items of one run a few at a time, in order, and gives the results in the items' order. */

/**
 * After the first rejection nothing more is started; it rejects with that error once what was under way has ended, so
 * that nothing outlives the run.
 */
export async function concurrentMap<T, R>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const [only] = items;
  if (items.length === 1) return [await work(only as T, 0)];
  const results = new Array<R>(items.length);
  let next = 0;
  let broken = false;
  const worker = async (): Promise<void> => {
    while (!broken && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
      } catch (thrown) {
        broken = true;
        throw thrown;
      }
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, worker);
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
