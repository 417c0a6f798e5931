/**
 * The store exchange's directory over the control channels: a worker tells the driver what it has written, the driver
 * tells every worker. Costs no request to the store, and a worker that comes later is told all that is known.
 */
import { defined, parseEdgeId, parseQueryId, parseRank, type AppError } from '@pappus/core';
import { MemoryDirectory, type ExchangeDirectory } from '../exchange/store/directory.ts';
import type { Edge } from '../exchange/transport.ts';
import type { EdgeTask, FromWorker, QueryTask, ToWorker } from './task.ts';

export class ControlDirectory implements ExchangeDirectory {
  readonly #send: (message: FromWorker) => void;
  readonly #known = new MemoryDirectory();
  readonly #edges = new Map<string, Edge>();

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** What `announced` messages of this query will speak of. */
  beginQuery(task: QueryTask): void {
    for (const edge of task.edges) this.#edges.set(`${task.query}/${edge.edge}`, toEdge(task.query, edge));
  }

  endQuery(query: string): void {
    this.#known.endQuery(query);
    for (const key of [...this.#edges.keys()]) if (key.startsWith(`${query}/`)) this.#edges.delete(key);
  }

  async announce(edge: Edge, producer: number, keys: readonly string[]): Promise<void> {
    this.#send({ kind: 'announce', query: edge.query, edge: edge.edge, producer, objects: keys });
  }

  lookup(edge: Edge, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
    return this.#known.lookup(edge, signal);
  }

  abort(edge: Edge, error: AppError): Promise<void> {
    return this.#known.abort(edge, error);
  }

  onAnnounced({ query, edge, producer, objects }: Extract<ToWorker, { kind: 'announced' }>): void {
    const known = this.#edges.get(`${query}/${edge}`);
    if (known !== undefined) void this.#known.announce(known, producer, objects);
  }
}

export function toEdge(query: string, edge: EdgeTask): Edge {
  const ranks = (list: readonly number[]): Edge['producers'] => list.map((rank) => parseRank(defined(rank, 'rank')));
  return { query: parseQueryId(query), edge: parseEdgeId(edge.wire ?? edge.edge), producers: ranks(edge.producers), consumers: ranks(edge.consumers) };
}
