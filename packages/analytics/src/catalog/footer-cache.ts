/**
 * Footers of objects on local disk, kept over runs. An entry is named by a hash of what it belongs to, ETag included,
 * so it never goes stale; it begins with a magic and the CRC-32 of the footer, and one that is damaged counts as absent.
 * A cache that cannot be written is slower and nothing else.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorMessage, randomHex, type Logger, type Random } from '@pappus/core';
import { DEFAULT_FOOTER_CACHE_BYTES } from './limits.ts';

export interface FooterCacheOptions {
  /** Made when it is not there. Nothing else may be kept in it. */
  readonly folder: string;
  readonly random: Random;
  readonly logger: Logger;
  readonly maxBytes?: number;
}

const MAGIC: Buffer = Buffer.from('PFC1');
const HEAD_BYTES = 8;
const ENDING = '.footer';

export class FooterCache {
  readonly #options: FooterCacheOptions;
  #made: Promise<unknown> | null = null;
  #broken = false;

  constructor(options: FooterCacheOptions) {
    this.#options = options;
  }

  /** Null when it is absent or damaged. */
  async read(identity: string): Promise<Uint8Array | null> {
    const entry = await readFile(this.#path(identity)).catch(() => null);
    if (entry === null || entry.byteLength < HEAD_BYTES || !entry.subarray(0, MAGIC.byteLength).equals(MAGIC)) return null;
    const footer = entry.subarray(HEAD_BYTES);
    return crc32(footer) === entry.readUInt32BE(MAGIC.byteLength) ? footer : null;
  }

  async write(identity: string, footer: Uint8Array): Promise<void> {
    if (this.#broken) return;
    const path = this.#path(identity);
    const temporary = `${path.slice(0, -ENDING.length)}-${randomHex(this.#options.random, 6)}.tmp`;
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(footer));
    try {
      this.#made ??= mkdir(this.#options.folder, { recursive: true });
      await this.#made;
      await writeFile(temporary, Buffer.concat([MAGIC, sum, footer]), { flag: 'wx', mode: 0o600 });
      await rename(temporary, path);
    } catch (thrown) {
      if (!this.#broken) this.#options.logger.log('warn', 'the cache of footers cannot be written', { folder: this.#options.folder, error: errorMessage(thrown) });
      this.#broken = true;
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  /** Removes the oldest entries until the rest fits; half-written ones of runs that died are entries like others. */
  async trim(): Promise<void> {
    if (this.#made === null) return;
    const { folder, maxBytes = DEFAULT_FOOTER_CACHE_BYTES } = this.#options;
    const names = await readdir(folder).catch((): string[] => []);
    const entries = await Promise.all(names.filter((name) => name.endsWith(ENDING) || name.endsWith('.tmp')).map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      return { name, bytes: found === null ? 0 : found.blocks * 512, atMs: found?.mtimeMs ?? 0 };
    }));
    let total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of entries.sort((a, b) => a.atMs - b.atMs)) {
      if (total <= maxBytes) return;
      await rm(join(folder, entry.name), { force: true }).catch(() => {});
      total -= entry.bytes;
    }
  }

  #path(identity: string): string {
    return join(this.#options.folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 40)}${ENDING}`);
  }
}
