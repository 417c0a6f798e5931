/** One process of the benchmark: an engine that sends, or one that takes. Told what to do by its parent. */
import { tmpdir } from 'node:os';
import { systemClock } from '@pappus/core';
import { EngineThread } from '../../packages/analytics/src/engine/engine-thread.ts';
import type { ColumnType } from '../../packages/analytics/src/engine/fragment.ts';
import { FrameServer, openClient } from './exchange-throughput-wire.ts';

export type Order =
  | { readonly kind: 'query'; readonly sql: string }
  | { readonly kind: 'send'; readonly port: number; readonly partitions: number; readonly sql: string; readonly columns: readonly ColumnType[] }
  | { readonly kind: 'listen'; readonly connections: number; readonly setup: readonly string[]; readonly sql: string; readonly columns: readonly ColumnType[] }
  | { readonly kind: 'naive-send'; readonly port: number; readonly rows: number; readonly table: string; readonly source: string }
  | { readonly kind: 'naive-listen'; readonly table: string };

const signal = new AbortController().signal;
const engine = new EngineThread({ memoryLimitBytes: 4 * 1024 ** 3, tempDirectory: `${tmpdir()}/pappus-bench-${process.pid}` }, systemClock);

const tell = (message: unknown): void => void process.send?.(message);

async function send(order: Order & { kind: 'send' }): Promise<unknown> {
  const { port, partitions, sql, columns } = order;
  const client = await openClient(port, partitions);
  const outputs = [{ edge: 1, consumers: partitions, routing: { kind: 'column', column: columns.length } as const }];
  const stats = await engine.run({ setup: [], sql, columns, inputs: [], outputs }, { readers: new Map(), writers: new Map([[1, client]]) }, signal);
  await client.finish();
  return stats;
}

async function receive(order: Order & { kind: 'listen' }): Promise<unknown> {
  const server = new FrameServer();
  server.expect(order.connections);
  tell({ kind: 'port', port: await server.listen() });
  const inputs = [{ edge: 1, table: 'arrived', columns: order.columns }];
  const stats = await engine.run({ setup: order.setup, sql: order.sql, columns: [], inputs, outputs: [] }, { readers: new Map([[1, server]]), writers: new Map() }, signal);
  server.close();
  return stats;
}

/** What an order gave, and the processor time that this process spent on it. */
export interface Performed<T> {
  readonly value: T;
  readonly cpuMs: number;
}

async function measured(order: Order): Promise<Performed<unknown>> {
  const before = process.cpuUsage();
  const value = await perform(order);
  const { user, system } = process.cpuUsage(before);
  return { value, cpuMs: (user + system) / 1000 };
}

async function perform(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'query':
      return engine.query(order.sql);
    case 'send':
      return send(order);
    case 'listen':
      return receive(order);
    case 'naive-send':
    case 'naive-listen': {
      const naive = await import('./exchange-throughput-naive.ts');
      return order.kind === 'naive-send' ? naive.send(order) : naive.receive(order, (port) => tell({ kind: 'port', port }));
    }
  }
}

process.on('message', (order: Order) => {
  measured(order).then(
    (result) => tell({ kind: 'result', result }),
    (error: unknown) => tell({ kind: 'error', error: String(error) }),
  );
});
process.on('disconnect', () => void engine.stop().then(() => process.exit(0)));

await engine.start();
tell({ kind: 'ready', profile: engine.startProfile, sinceSpawn: performance.now() });
