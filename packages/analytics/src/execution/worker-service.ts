/** A worker process at work: joins its group and serves the driver until the group ends. */
import { join } from 'node:path';
import { jsonLogger, parseInstanceId, randomHex, systemClock, systemRandom, type Logger } from '@pappus/core';
import { decodeTicket, joinGroup, tcpNetwork, type Group } from '@pappus/overlay';
import type { EngineThread } from '../engine/engine-thread.ts';
import { DirectTransport } from '../exchange/direct/transport.ts';
import { StoreTransport } from '../exchange/store/transport.ts';
import type { QueryScopedTransport } from '../exchange/transport.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { addRequests, noRequests } from '../object-store/request-counts.ts';
import { S3Store } from '../object-store/s3-store.ts';
import { ControlChannel } from './control-channel.ts';
import { ControlDirectory } from './control-directory.ts';
import { CONTROL_PORT, TABLE_HEDGE } from './limits.ts';
import { localScans } from './local-scans.ts';
import { S3Scans } from './s3-scans.ts';
import { ownMemory } from './process-memory.ts';
import type { FromWorker, ToWorker } from './task.ts';
import { memoryShares, type StoreAccess, type WorkerConfig } from './worker-config.ts';
import { Worker } from './worker.ts';

const JOIN_TIMEOUT_MS = 20_000;

/** Joins the group that the ticket names and serves its driver; resolves when the group has ended, with whether it ended well. */
export async function serveGroup(ticketText: string, config: WorkerConfig, engine: EngineThread, opening: Promise<number>): Promise<boolean> {
  const ticket = decodeTicket(ticketText);
  const logger = jsonLogger({ clock: systemClock, level: 'warn', write: (line) => process.stderr.write(`${line}\n`) });
  const { exchangeBytes, fetchBytes } = memoryShares(config.memoryBytes);
  const group = await joinGroup({ ...ticket, network: tcpNetwork, clock: systemClock, random: systemRandom, logger, instance: parseInstanceId(`worker-${randomHex(systemRandom, 8)}`), listen: { host: '127.0.0.1', port: 0 }, timeoutMs: JOIN_TIMEOUT_MS });
  const direct = new DirectTransport({ group, clock: systemClock, logger, spillFolder: join(process.cwd(), 'exchange'), memoryBudgetBytes: exchangeBytes });
  // The control port is open before the engine is: the driver may be quicker than DuckDB.
  serve({ group, engine, direct, config, exchangeBytes, fetchBytes, logger }, opening);
  await opening;
  process.on('SIGTERM', () => void group.leave('finished', 'the worker was asked to end'));
  return (await group.ended).reason === 'finished';
}

interface Parts {
  readonly group: Group;
  readonly engine: EngineThread;
  readonly direct: DirectTransport;
  readonly config: WorkerConfig;
  readonly exchangeBytes: number;
  readonly fetchBytes: number;
  readonly logger: Logger;
}

/** The driver opens one control stream; the worker lives as long as its group does. */
function serve(parts: Parts, ready: Promise<number>): void {
  const { group, engine, logger } = parts;
  group.listen(CONTROL_PORT, ({ stream }) => {
    const directory = new ControlDirectory((message) => channel.send(message));
    const store = parts.config.exchangeStore === null ? null : openExchangeStore(parts, parts.config.exchangeStore, directory);
    const tables = parts.config.tableStore === null ? null : openTableStore(parts.config.tableStore);
    const worker = new Worker({
      engine,
      transports: new Map<'direct' | 'store', QueryScopedTransport>([['direct', parts.direct], ...(store === null ? [] : [['store', store.transport] as const])]),
      scans: tables === null ? localScans : new S3Scans({ store: tables, folder: join(process.cwd(), 'objects'), memoryBytes: parts.fetchBytes }),
      clock: systemClock,
      logger,
      send: (message) => channel.send(message),
      memory: ownMemory,
      requests: () => addRequests(store?.objects.counts() ?? noRequests, tables?.counts() ?? noRequests),
    });
    const channel = new ControlChannel<FromWorker, ToWorker>({
      stream,
      onMessage: (message) => dispatch(worker, directory, message),
      onClose: () => void worker.stop().then(() => group.leave('finished', 'the driver is gone')),
    });
    ready.then((startMs) => channel.send({ kind: 'ready', startMs }), () => {});
  });
}

function openExchangeStore({ exchangeBytes }: Parts, access: StoreAccess, directory: ControlDirectory): { readonly transport: StoreTransport; readonly objects: ObjectStore } {
  const objects = new S3Store({ connection: access.connection, bucket: access.bucket, clock: systemClock, random: systemRandom });
  const half = Math.floor(exchangeBytes / 2);
  const transport = new StoreTransport({ store: objects, directory, prefix: access.prefix, spillFolder: join(process.cwd(), 'exchange'), random: systemRandom, writeBufferBytes: half, readAheadBytes: half });
  return { transport, objects };
}

function openTableStore({ connection, bucket }: StoreAccess): ObjectStore {
  return new S3Store({ connection, bucket, clock: systemClock, random: systemRandom, hedge: TABLE_HEDGE });
}

function dispatch(worker: Worker, directory: ControlDirectory, message: ToWorker): void {
  switch (message.kind) {
    case 'run':
      directory.beginQuery(message.task);
      return worker.run(message.task);
    case 'end':
      directory.endQuery(message.query);
      return void worker.end(message.query, message.reason);
    case 'announced':
      return directory.onAnnounced(message);
    default:
      message satisfies never;
  }
}
