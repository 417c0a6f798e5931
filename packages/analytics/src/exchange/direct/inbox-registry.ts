/** All inboxes of a worker, and the queries that are over. */
import { AppError, type QueryId, type Rank } from '@pappus/core';
import { MAX_ENDED_QUERIES } from '../limits.ts';
import type { Edge } from '../transport.ts';
import { workerLost } from './incoming.ts';
import { Inbox, type InboxResources } from './inbox.ts';
import type { StreamName } from './protocol.ts';

interface Claimed {
  readonly inbox: Inbox;
  readonly edge: Edge;
}

export class InboxRegistry {
  readonly #resources: InboxResources;
  readonly #inboxes = new Map<QueryId, Map<string, Inbox>>();
  readonly #claimed = new Set<Claimed>();
  readonly #endedQueries = new Set<QueryId>();

  constructor(resources: InboxResources) {
    this.#resources = resources;
  }

  /** The inbox of a stream, or null when its query is over. Streams may come before their reader. */
  of(name: Pick<StreamName, 'query' | 'edge' | 'consumer'>): Inbox | null {
    if (this.#endedQueries.has(name.query)) return null;
    let inboxes = this.#inboxes.get(name.query);
    if (inboxes === undefined) this.#inboxes.set(name.query, (inboxes = new Map()));
    const key = `${name.edge}/${name.consumer}`;
    let inbox = inboxes.get(key);
    if (inbox === undefined) inboxes.set(key, (inbox = new Inbox(this.#resources)));
    return inbox;
  }

  claim(edge: Edge, consumer: number): Inbox {
    const inbox = this.of({ query: edge.query, edge: edge.edge, consumer });
    if (inbox === null) throw new AppError('cancelled', `query ${edge.query} is over`);
    inbox.claim(edge.producers.length);
    this.#claimed.add({ inbox, edge });
    return inbox;
  }

  /** A rank is gone: every reader that still expects rows from it fails. */
  fail(rank: Rank): void {
    for (const { inbox, edge } of this.#claimed) {
      edge.producers.forEach((producerRank, producer) => {
        if (producerRank === rank && !inbox.hasEnded(producer)) inbox.fail(workerLost(rank, { query: edge.query, edge: edge.edge, producer }));
      });
    }
  }

  /** Drops what the query has here, and whatever still comes for it. */
  async endQuery(query: QueryId): Promise<void> {
    this.#endedQueries.add(query);
    for (const oldest of this.#endedQueries) {
      if (this.#endedQueries.size <= MAX_ENDED_QUERIES) break;
      this.#endedQueries.delete(oldest);
    }
    const inboxes = [...(this.#inboxes.get(query)?.values() ?? [])];
    this.#inboxes.delete(query);
    for (const claimed of this.#claimed) if (claimed.edge.query === query) this.#claimed.delete(claimed);
    for (const inbox of inboxes) inbox.fail(new AppError('cancelled', `query ${query} is over`));
    await Promise.all(inboxes.map((inbox) => inbox.close()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#inboxes.keys()].map((query) => this.endQuery(query)));
  }
}
