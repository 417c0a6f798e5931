/**
 * Content by its hash:
 *
 *   blobs/ab/cdef…     SHA-256 of the content in hex, its first two digits as folder
 *   incoming/          half-written ones; emptied at open
 *
 * A blob is durable before anything speaks of it, and is checked against its name whenever it is read. Changes come
 * one at a time (the registry's queue), so nothing is removed while it is being stored.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import { diskError } from './disk-error.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import type { BlobRef } from './version.ts';

const SHARD = /^[0-9a-f]{2}$/;
const REST = /^[0-9a-f]{62}$/;

/** Where content will stand. */
export const blobRef = (bytes: Uint8Array): BlobRef => ({ id: digest(bytes), bytes: bytes.byteLength });

export class BlobStore {
  readonly #blobs: string;
  readonly #incoming: string;
  readonly #shards = new Set<string>();
  #written = 0;

  private constructor(folder: string) {
    this.#blobs = join(folder, 'blobs');
    this.#incoming = join(folder, 'incoming');
  }

  static async open(folder: string): Promise<BlobStore> {
    const store = new BlobStore(folder);
    await rm(store.#incoming, { recursive: true, force: true });
    await mkdir(store.#incoming, { mode: 0o700 });
    await mkdir(store.#blobs, { recursive: true, mode: 0o700 });
    await syncFolder(folder);
    for (const name of await readdir(store.#blobs)) if (SHARD.test(name)) store.#shards.add(name);
    return store;
  }

  /** Durable when it resolves. One that is there and whole stays as it is; a damaged one is replaced. */
  async put({ id }: BlobRef, bytes: Uint8Array): Promise<void> {
    const path = this.#path(id);
    try {
      await this.#makeShard(id.slice(0, 2));
      if (await isWhole(path, id)) await syncFolder(join(this.#blobs, id.slice(0, 2)));
      else await writeDurably(path, join(this.#incoming, String((this.#written += 1))), bytes);
    } catch (thrown) {
      throw diskError(thrown, 'store a blob in', this.#blobs);
    }
  }

  /** Rejects with `corrupt-data` that names `what` and the file when it is missing or not what was stored. */
  async get({ id, bytes }: BlobRef, what: string): Promise<Uint8Array> {
    const path = this.#path(id);
    let content: Buffer;
    try {
      content = await readFile(path);
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') throw damaged(what, path, 'is missing');
      throw diskError(thrown, `read ${what} from`, path);
    }
    if (content.byteLength !== bytes) throw damaged(what, path, `has ${content.byteLength} bytes instead of ${bytes}`);
    if (digest(content) !== id) throw damaged(what, path, 'is not what was stored');
    return content;
  }

  /** A blob that stays behind is found by the next sweep. */
  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { force: true }).catch(() => {});
  }

  /** Beginnings of ids, by which blobs lie in folders. */
  shards(): readonly string[] {
    return [...this.#shards];
  }

  async idsIn(shard: string): Promise<readonly string[]> {
    return (await readdir(join(this.#blobs, shard))).filter((rest) => REST.test(rest)).map((rest) => shard + rest);
  }

  async #makeShard(shard: string): Promise<void> {
    if (this.#shards.has(shard)) return;
    await mkdir(join(this.#blobs, shard), { recursive: true, mode: 0o700 });
    await syncFolder(this.#blobs);
    this.#shards.add(shard);
  }

  #path(id: string): string {
    return join(this.#blobs, id.slice(0, 2), id.slice(2));
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isWhole = (path: string, id: string): Promise<boolean> => readFile(path).then((content) => digest(content) === id, () => false);

const damaged = (what: string, path: string, how: string): AppError =>
  new AppError('corrupt-data', `${what} cannot be read: the file ${path} ${how}`, { hint: 'Deploy the same content again: that replaces the file.' });
