/** The end of a query on its workers, however it ended. */
import type { Clock } from '@pappus/core';
import type { RequestCounts } from '../object-store/request-counts.ts';
import type { Cluster } from './cluster.ts';
import { END_TIMEOUT_MS } from './limits.ts';

export interface EndOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly query: string;
  readonly ranks: readonly number[];
}

/** Waits until each worker has let go of the query; one that does not answer is ended. Resolves with what they asked of object stores. */
export async function endEverywhere({ cluster, clock, query, ranks }: EndOptions): Promise<readonly RequestCounts[]> {
  const requests: RequestCounts[] = [];
  const waiting = new Set(ranks);
  const done = Promise.withResolvers<void>();
  const settle = (rank: number): void => {
    waiting.delete(rank);
    if (waiting.size === 0) done.resolve();
  };
  const unlisten = cluster.listen((event) => {
    if (event.kind === 'lost') return settle(event.rank);
    if (event.message.kind !== 'ended' || event.message.query !== query) return;
    requests.push(event.message.requests);
    settle(event.rank);
  });
  for (const rank of [...waiting]) cluster.send(rank, { kind: 'end', query, reason: 'the driver ends it' });
  const timer = clock.schedule(END_TIMEOUT_MS, () => void Promise.all([...waiting].map((rank) => cluster.expel(rank))).then(() => done.resolve()));
  await done.promise;
  timer.cancel();
  unlisten();
  return requests;
}
