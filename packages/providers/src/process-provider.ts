/**
 * Instances as processes of this machine: each with its own memory limit (`memory-watch.ts`), working folder,
 * environment and process group, and none outliving the process that started it (`reaper.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { AppError, assert, parseInstanceId, randomHex, type Clock, type Logger, type Random } from '@pappus/core';
import { preloadArgs } from './instance-preload.ts';
import { HEAP_SHARE, MAX_FILES_REMOVED, MAX_INSTANCES, MIN_MEMORY_BYTES, STOP_GRACE_MS } from './limits.ts';
import { MemoryWatch } from './memory-watch.ts';
import { ProcessInstance } from './process-instance.ts';
import type { Instance, InstanceSpec, Provider } from './provider.ts';
import { Reaper } from './reaper.ts';
import { createRunFolder, makeFolder, removeFolder, sweepStaleFolders } from './run-folder.ts';

export interface ProcessProviderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where working folders are made: the system's folder for temporary files, or a bigger disk. */
  readonly workRoot: string;
  /** Node's own arguments for the instances, such as `--conditions=source`. */
  readonly nodeArgs?: readonly string[];
  /** Where instances keep compiled code for those after them; it stays. Without one, each compiles anew. */
  readonly compileCacheFolder?: string;
  readonly stopGraceMs?: number;
  /** Once it is aborted nobody wants what instances still do: those that run are killed without a grace, and none starts. */
  readonly signal?: AbortSignal;
}

export interface ProcessProvider extends Provider {
  /** A folder for the caller's own files. It goes when the provider stops or when this process dies, however it dies. */
  scratchFolder(): Promise<string>;
  /** A file elsewhere that goes with it, such as a result that is not complete; it need not be there yet. An absolute path. */
  removeAtEnd(path: string): Promise<void>;
}

export const createProcessProvider = (options: ProcessProviderOptions): ProcessProvider => new LocalProcesses(options);

interface Home {
  readonly folder: string;
  readonly reaper: Reaper;
}

class LocalProcesses implements ProcessProvider {
  readonly #options: ProcessProviderOptions;
  readonly #memory: MemoryWatch;
  readonly #instances = new Set<ProcessInstance>();
  readonly #files = new Set<string>();
  #home: Promise<Home> | null = null;
  #sweep: Promise<void> = Promise.resolve();
  #starting = 0;
  #started = 0;
  #stopping: Promise<void> | null = null;

  constructor(options: ProcessProviderOptions) {
    this.#options = options;
    this.#memory = new MemoryWatch(options.clock);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  async start(spec: InstanceSpec, signal: AbortSignal): Promise<Instance> {
    assert(isAbsolute(spec.entry), `the entry ${spec.entry} is no absolute path`);
    signal.throwIfAborted();
    this.#refuse(spec);
    this.#starting += 1;
    try {
      const home = await this.#open();
      this.#started += 1;
      const name = `i${this.#started}`;
      const folder = join(home.folder, name);
      await makeFolder(folder);
      signal.throwIfAborted();
      if (this.#stopping !== null) throw stopped();
      return await this.#spawn(spec, home, folder, signal);
    } finally {
      this.#starting -= 1;
    }
  }

  async scratchFolder(): Promise<string> {
    if (this.#stopping !== null) throw stopped();
    const folder = join((await this.#open()).folder, 'scratch');
    await makeFolder(folder, true);
    return folder;
  }

  async removeAtEnd(path: string): Promise<void> {
    assert(isAbsolute(path), `the file ${path} is no absolute path`);
    if (this.#files.size >= MAX_FILES_REMOVED) throw new AppError('resource-exhausted', `${MAX_FILES_REMOVED} files are to be removed already`);
    if (path.includes('\n')) throw new AppError('invalid-argument', `the file name ${JSON.stringify(path)} has a line break`);
    const { reaper } = await this.#open();
    this.#files.add(path);
    reaper.addFile(path);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  readonly #onAbort = (): void => {
    for (const instance of this.#instances) instance.kill();
  };

  async #stopAll(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    await Promise.all([...this.#instances].map((instance) => instance.stop()));
    await this.#sweep;
    const home = await this.#home?.catch(() => null);
    if (home === null || home === undefined) return;
    await Promise.all([removeFolder(home.folder), ...[...this.#files].map((path) => rm(path, { force: true }).catch(() => {}))]); // a folder of that name is nobody's rubbish
    await home.reaper.stop();
  }

  #refuse({ memoryBytes, label }: InstanceSpec): void {
    if (this.#stopping !== null) throw stopped();
    this.#options.signal?.throwIfAborted();
    if (memoryBytes < MIN_MEMORY_BYTES) {
      throw new AppError('invalid-argument', `${label} cannot run in ${memoryBytes} bytes of memory`, { hint: `Give it at least ${MIN_MEMORY_BYTES / 1_048_576} MiB.` });
    }
    if (this.#instances.size + this.#starting >= MAX_INSTANCES) throw new AppError('resource-exhausted', `${MAX_INSTANCES} instances run already`);
  }

  #open(): Promise<Home> {
    const { workRoot, random, clock, logger } = this.#options;
    if (this.#home === null) {
      this.#sweep = sweepStaleFolders(workRoot, logger);
      this.#home = createRunFolder(workRoot, random).then((folder) => ({ folder, reaper: new Reaper(folder, clock, logger) }));
      this.#home.catch(() => {
        this.#home = null; // the next start tries again
      });
    }
    return this.#home;
  }

  async #spawn(spec: InstanceSpec, home: Home, folder: string, signal: AbortSignal): Promise<Instance> {
    const { clock, logger, random, stopGraceMs = STOP_GRACE_MS } = this.#options;
    const child = this.#launch(spec, folder);
    if (child.pid === undefined) throw await spawnFailure(child, spec.label);
    const instance = new ProcessInstance({
      id: parseInstanceId(`process-${child.pid}-${randomHex(random, 4)}`),
      label: spec.label,
      child,
      pid: child.pid,
      folder,
      memoryBytes: spec.memoryBytes,
      stopGraceMs,
      clock,
      logger: logger.child({ instance: spec.label }),
      memory: this.#memory,
      reaper: home.reaper,
    });
    this.#instances.add(instance);
    void instance.exited.then(() => this.#instances.delete(instance));
    const aborted = [signal, this.#options.signal].find((each) => each?.aborted === true);
    if (aborted === undefined) return instance;
    instance.kill();
    await instance.exited;
    throw aborted.reason;
  }

  /** `detached` gives it a process group of its own: Ctrl-C reaches only us, and we can end all that it starts. */
  #launch({ entry, args, env, memoryBytes }: InstanceSpec, folder: string): ChildProcess {
    const heapMiB = Math.floor((memoryBytes * HEAP_SHARE) / 1_048_576);
    const nodeArgs = [...(this.#options.nodeArgs ?? []), `--max-old-space-size=${heapMiB}`, ...preloadArgs(this.#options.compileCacheFolder)];
    return spawn(process.execPath, [...nodeArgs, entry, ...args], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  }
}

const stopped = (): AppError => new AppError('cancelled', 'the provider was stopped');

async function spawnFailure(child: ChildProcess, label: string): Promise<AppError> {
  const error = await new Promise<Error>((resolve) => void child.once('error', resolve));
  return new AppError('resource-exhausted', `${label} could not be started: ${error.message}`, { cause: error });
}
