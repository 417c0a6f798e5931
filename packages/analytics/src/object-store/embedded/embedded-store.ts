/** Starts and ends the embedded S3 store: a process of its own on loopback, with credentials of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abortable, AppError, randomHex, randomInt, withDeadline, type Clock, type Random } from '@pappus/core';
import { DEFAULT_EMBEDDED_CAPACITY_BYTES, EMBEDDED_START_TIMEOUT_MS, EMBEDDED_STOP_TIMEOUT_MS } from '../limits.ts';
import type { S3Connection } from '../s3-options.ts';
import type { FaultRule } from './fault-rules.ts';
import type { S3ServerStats } from './s3-server.ts';
import type { ServerCommand, ServerReply } from './server-process.ts';
import { sharedCompileCache } from '../../compile-cache.ts';
import type { StoreProfile } from './store-profile.ts';

export interface EmbeddedStoreOptions {
  /** An existing folder; the store makes one of its own in it and removes that at the end. */
  readonly parentFolder: string;
  readonly bucket?: string;
  readonly profile: StoreProfile;
  readonly clock: Clock;
  /** For the credentials and the seed: `systemRandom` but in tests. */
  readonly random: Random;
  readonly capacityBytes?: number;
  /** Of latencies and faults; random when absent. */
  readonly seed?: number;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedStore {
  readonly connection: S3Connection;
  readonly bucket: string;
  setFaults(rules: readonly FaultRule[]): Promise<void>;
  /** What the server counted. */
  stats(): Promise<S3ServerStats>;
  /** Idempotent; resolves when the process is gone and its folder with it. */
  stop(): Promise<void>;
}

export async function startEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { parentFolder, bucket = 'pappus', profile, clock, random } = options;
  const { capacityBytes = DEFAULT_EMBEDDED_CAPACITY_BYTES, seed = randomInt(random, 0, 0x7fff_ffff) } = options;
  const folder = await mkdtemp(join(parentFolder, 'pappus-store-'));
  const credentials = { accessKeyId: `PAPPUS${randomHex(random, 7).toUpperCase()}`, secretAccessKey: randomHex(random, 20), sessionToken: null };
  const handle = new ServerHandle(clock);
  try {
    const starting = handle.ask({ kind: 'start', settings: { folder, bucket, credentials, profile, capacityBytes, seed } });
    const reply = await (options.signal === undefined ? starting : abortable(starting, options.signal));
    if (reply.kind !== 'started') throw new AppError('unavailable', `the embedded object store did not start: ${JSON.stringify(reply)}`);
    return {
      bucket,
      connection: { endpoint: `http://127.0.0.1:${reply.port}`, region: 'us-east-1', credentials, addressing: 'path' },
      setFaults: async (rules) => void (await handle.ask({ kind: 'faults', rules })),
      stats: () => handle.stats(),
      stop: () => handle.stop(),
    };
  } catch (thrown) {
    await handle.kill();
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

class ServerHandle {
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting: ((reply: ServerReply) => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    const source = import.meta.url.endsWith('.ts');
    const entry = fileURLToPath(new URL(source ? './server-process.ts' : './server-process.js', import.meta.url));
    this.#child = fork(entry, { execArgv: source ? ['--conditions=source'] : [], env: sharedCompileCache(), stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
    this.#child.on('message', (reply: ServerReply) => this.#waiting.shift()?.(reply));
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve()).once('error', () => resolve());
    });
    void this.#exited.then(() => {
      for (const answer of this.#waiting.splice(0)) answer({ kind: 'failed', message: 'the process ended' });
    });
  }

  /** Rejects with `unavailable` when the process has ended. */
  async ask(command: ServerCommand): Promise<ServerReply> {
    const options = { clock: this.#clock, timeoutMs: EMBEDDED_START_TIMEOUT_MS, waitingFor: `the embedded object store to answer '${command.kind}'` };
    const reply = await withDeadline(options, () => {
      const { promise, resolve } = Promise.withResolvers<ServerReply>();
      this.#waiting.push(resolve);
      if (this.#child.connected) this.#child.send(command);
      else resolve({ kind: 'failed', message: 'the process ended' });
      return promise;
    });
    if (reply.kind === 'failed') throw new AppError('unavailable', `the embedded object store failed: ${reply.message}`);
    return reply;
  }

  async stats(): Promise<S3ServerStats> {
    const reply = await this.ask({ kind: 'stats' });
    if (reply.kind === 'stats') return reply.stats;
    throw new AppError('internal', `the embedded object store answered ${reply.kind}`);
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const options = { clock: this.#clock, timeoutMs: EMBEDDED_STOP_TIMEOUT_MS, waitingFor: 'the embedded object store to end' };
    await withDeadline(options, () => this.#exited).catch(() => this.kill());
  }

  /** At once; its folder stays. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
