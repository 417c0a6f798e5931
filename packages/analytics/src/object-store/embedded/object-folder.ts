/**
 * The embedded store's objects: bytes in numbered files of one folder, names in memory. Files keep the memory
 * of the process small whatever an exchange writes, and an overwritten or deleted object can still be read by
 * whoever has it open.
 */
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_EMBEDDED_OBJECTS } from '../limits.ts';

export interface StoredObject {
  readonly path: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedMs: number;
}

export class StoreFull extends Error {}

export class ObjectFolder {
  readonly #folder: string;
  readonly #capacityBytes: number;
  readonly #objects = new Map<string, StoredObject>();
  #sorted: string[] | null = null;
  #bytes = 0;
  #nextFile = 0;

  constructor(folder: string, capacityBytes: number) {
    this.#folder = folder;
    this.#capacityBytes = capacityBytes;
  }

  get count(): number {
    return this.#objects.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  /** Opens a file for a new object's bytes; `commit` or `discard` it. */
  async create(sizeBytes: number): Promise<{ readonly file: FileHandle; readonly path: string }> {
    if (this.#bytes + sizeBytes > this.#capacityBytes || this.#objects.size >= MAX_EMBEDDED_OBJECTS) throw new StoreFull();
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `object-${this.#nextFile++}`);
    return { file: await open(path, 'wx', 0o600), path };
  }

  /** The object is there from now on, in place of the one that had its name. */
  async commit(name: string, object: StoredObject): Promise<void> {
    const before = this.#objects.get(name);
    if (before === undefined) this.#sorted = null;
    this.#objects.set(name, object);
    this.#bytes += object.sizeBytes - (before?.sizeBytes ?? 0);
    if (before !== undefined) await rm(before.path, { force: true });
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async delete(name: string): Promise<void> {
    const object = this.#objects.get(name);
    if (object === undefined) return;
    this.#objects.delete(name);
    this.#sorted = null;
    this.#bytes -= object.sizeBytes;
    await rm(object.path, { force: true });
  }

  /** Names with the prefix that come behind `after`, in the order of their code units; at most `limit`. */
  list(prefix: string, after: string, limit: number): { readonly names: readonly string[]; readonly more: boolean } {
    this.#sorted ??= [...this.#objects.keys()].sort();
    const names: string[] = [];
    for (let i = firstAbove(this.#sorted, after, prefix); i < this.#sorted.length; i++) {
      const name = this.#sorted[i] as string;
      if (!name.startsWith(prefix)) break;
      if (names.length === limit) return { names, more: true };
      names.push(name);
    }
    return { names, more: false };
  }
}

/** Index of the first name that is at least `prefix` and greater than `after`. */
function firstAbove(sorted: readonly string[], after: string, prefix: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const name = sorted[middle] as string;
    if (name < prefix || (after !== '' && name <= after)) low = middle + 1;
    else high = middle;
  }
  return low;
}
