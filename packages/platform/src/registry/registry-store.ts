/** The registry's folder: opening it after whatever happened, and making changes that last. */
import { mkdir } from 'node:fs/promises';
import { errorMessage, type Clock, type Logger, type Timer } from '@pappus/core';
import type { FunctionHash } from '../functions/function-spec.ts';
import { BlobStore } from './blob-store.ts';
import { sweepBlobs } from './blob-sweep.ts';
import { Catalog } from './catalog.ts';
import { diskError } from './disk-error.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { Journal, journalLine, type JournalState } from './journal.ts';
import type { RegistryEvent } from './journal-line.ts';
import { DEFAULT_MODULE_CACHE_BYTES, JOURNAL_SPARE_LINES, MAX_PENDING_CHANGES, REMOVAL_GRACE_MS } from './limits.ts';
import { ModuleSource, type LoadedFunction } from './module-source.ts';
import { SerialQueue } from './serial-queue.ts';
import { blobsOf, type BlobRef, type FunctionVersion, type Version } from './version.ts';

export interface StoreOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly moduleCacheBytes?: number;
  readonly signal?: AbortSignal;
}

/** A version that was removed, still loadable by invocations that began before. */
interface Retired {
  readonly version: Version;
  readonly dueMs: number;
}

interface Parts {
  readonly lock: FolderLock;
  readonly blobs: BlobStore;
  readonly journal: Journal;
  readonly catalog: Catalog;
}

export class RegistryStore {
  readonly catalog: Catalog;
  /** Whoever makes a change looks, decides and commits in one task of this queue. */
  readonly changes: SerialQueue = new SerialQueue(MAX_PENDING_CHANGES);
  readonly #options: StoreOptions;
  readonly #lock: FolderLock;
  readonly #blobs: BlobStore;
  readonly #journal: Journal;
  readonly #modules: ModuleSource;
  #retired: Retired[] = [];
  #collection: Timer | null = null;
  /** What nobody speaks of may belong to lines of a damaged journal. */
  #keepsBlobs = false;
  #sweep: Promise<void> = Promise.resolve();

  private constructor(options: StoreOptions, { lock, blobs, journal, catalog }: Parts) {
    this.#options = options;
    this.#lock = lock;
    this.#blobs = blobs;
    this.#journal = journal;
    this.catalog = catalog;
    this.#modules = new ModuleSource(blobs, options.moduleCacheBytes ?? DEFAULT_MODULE_CACHE_BYTES);
  }

  static async open(options: StoreOptions): Promise<RegistryStore> {
    const { folder, clock, signal } = options;
    signal?.throwIfAborted();
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
      throw diskError(thrown, 'make the folder', folder);
    });
    const lock = lockFolder(folder, `process ${process.pid}, since ${new Date(clock.wallMs()).toISOString()}`);
    let journal: Journal | null = null;
    try {
      const blobs = await BlobStore.open(folder);
      const catalog = new Catalog();
      const opened = await Journal.open(folder, (event) => catalog.apply(event));
      journal = opened.journal;
      signal?.throwIfAborted();
      const store = new RegistryStore(options, { lock, blobs, journal, catalog });
      await store.#repair(opened.state);
      return store;
    } catch (thrown) {
      await journal?.close().catch(() => {});
      lock.release();
      throw signal?.aborted === true ? signal.reason : diskError(thrown, 'open the registry in', folder);
    }
  }

  get moduleCacheBytes(): number {
    return this.#modules.keptBytes;
  }

  /** Only inside `changes`. Stores contents, then the event: all of it lasts when this resolves, nothing when it rejects. Null: contents only. */
  async commit(event: RegistryEvent | null, contents: ReadonlyMap<BlobRef, Uint8Array>): Promise<void> {
    const line = event === null ? null : journalLine(event);
    try {
      const stored = await Promise.allSettled([...contents].map(([ref, bytes]) => this.#blobs.put(ref, bytes)));
      for (const outcome of stored) if (outcome.status === 'rejected') throw outcome.reason;
      if (line !== null) await this.#journal.append(line);
    } catch (thrown) {
      for (const { id } of contents.keys()) await this.#removeUnwanted(id);
      throw thrown;
    }
    if (event === null) return;
    this.#retire(event);
    this.catalog.apply(event);
    await this.#compact();
  }

  /** Null when it was removed some time ago. */
  async load(hash: FunctionHash): Promise<LoadedFunction | null> {
    const version = this.catalog.functionByHash(hash) ?? this.#retiredFunction(hash);
    return version === null ? null : this.#modules.load(version);
  }

  read(ref: BlobRef, what: string): Promise<Uint8Array> {
    return this.#blobs.get(ref, what);
  }

  async close(): Promise<void> {
    await this.changes.close();
    await this.#sweep;
    this.#collection?.cancel();
    await this.#collect(Infinity);
    await this.#journal.close();
    this.#lock.release();
  }

  /**
   * After a crash or worse. Where lines are lost, blobs that seem to be nobody's may be theirs: none is removed as long as the
   * damaged journal lies there for people.
   */
  async #repair({ lines, damagedLines, tornBytes, created }: JournalState): Promise<void> {
    const { logger, clock, folder } = this.#options;
    if (tornBytes > 0) logger.log('info', 'the journal of the registry ended in the middle of a line: a change that was not acknowledged is not there', { folder, tornBytes });
    const isGone = created && (await this.#hasBlobs());
    if (damagedLines > 0 || isGone) {
      const copy = await this.#journal.keepAside(clock.wallMs());
      const what = isGone ? 'the journal of the registry is gone, and there are blobs: what it said is lost' : 'lines of the journal of the registry are damaged: what they said is lost';
      logger.log('error', what, { folder, damagedLines, lines, copy });
      await this.#journal.rewrite(this.catalog.events());
    }
    const asides = await this.#journal.asides();
    this.#keepsBlobs = asides.length > 0;
    if (this.#keepsBlobs && damagedLines === 0 && !isGone) logger.log('warn', 'no blob of the registry is removed: a damaged journal is kept aside', { folder, first: asides[0] ?? null });
    if (tornBytes > 0) return;
    await this.#compact();
    const inTurn = (task: () => Promise<void>): Promise<void> => this.changes.run('looking through blobs', null, task);
    this.#sweep = sweepBlobs({ blobs: this.#blobs, known: this.catalog.blobs(), isWanted: (id) => this.#isWanted(id), keepsAll: this.#keepsBlobs, inTurn, logger, folder });
  }

  async #hasBlobs(): Promise<boolean> {
    for (const shard of this.#blobs.shards()) if ((await this.#blobs.idsIn(shard)).length > 0) return true;
    return false;
  }

  async #removeUnwanted(id: string): Promise<void> {
    if (!this.#keepsBlobs && !this.#isWanted(id)) await this.#blobs.remove(id);
  }

  async #compact(): Promise<void> {
    if (this.#journal.lines <= 2 * this.catalog.versionCount + JOURNAL_SPARE_LINES) return;
    try {
      await this.#journal.rewrite(this.catalog.events());
    } catch (thrown) {
      const { logger, folder } = this.#options;
      logger.log('warn', 'the journal of the registry could not be shortened', { folder, error: errorMessage(thrown) });
    }
  }

  #retire(event: RegistryEvent): void {
    const dueMs = this.#options.clock.nowMs() + REMOVAL_GRACE_MS;
    for (const { name, hash } of event.versions) {
      const version = this.catalog.versions(name).find((candidate) => candidate.hash === hash);
      if (version !== undefined) this.#retired.push({ version, dueMs });
      this.#modules.forget(hash);
    }
    if (this.#retired.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#collection !== null) return;
    const collect = (): void => {
      this.#collection = null;
      // Where the queue is full or closed, a later change or the next open collects.
      this.changes.run('collecting', null, () => this.#collect(this.#options.clock.nowMs())).catch(() => {});
    };
    this.#collection = this.#options.clock.schedule(REMOVAL_GRACE_MS, collect, { background: true });
  }

  async #collect(nowMs: number): Promise<void> {
    const due = this.#retired.filter(({ dueMs }) => dueMs <= nowMs);
    this.#retired = this.#retired.filter(({ dueMs }) => dueMs > nowMs);
    for (const { version } of due) {
      if (version.kind === 'function' && this.catalog.functionByHash(version.hash) === null) this.#modules.forget(version.hash);
      for (const { id } of blobsOf(version)) await this.#removeUnwanted(id);
    }
    if (this.#retired.length > 0 && nowMs !== Infinity) this.#schedule();
  }

  #isWanted(blob: string): boolean {
    return this.catalog.speaksOf(blob) || this.#retired.some(({ version }) => blobsOf(version).some(({ id }) => id === blob));
  }

  #retiredFunction(hash: FunctionHash): FunctionVersion | null {
    for (const { version } of this.#retired) if (version.kind === 'function' && version.hash === hash) return version;
    return null;
  }
}
