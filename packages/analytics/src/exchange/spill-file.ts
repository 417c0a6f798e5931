/**
 * A scratch file for rows that do not fit in memory. It is unlinked as soon as it is open, so that nothing of
 * it stays behind however the process ends; the kernel frees the space with the descriptor.
 */
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, assert, errorMessage, randomHex, systemCode, systemRandom } from '@pappus/core';

/** A run of bytes in a spill file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export class SpillFile {
  readonly #folder: string;
  #file: Promise<FileHandle> | null = null;
  /** Writes and truncations run one after the other, so that a reset never cuts off what was appended after it. */
  #tail: Promise<unknown> = Promise.resolve();
  #end = 0;
  #closed = false;

  /** Nothing is created before the first `append`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the chunks one behind the other. A full disk rejects with `resource-exhausted`. */
  append(chunks: readonly Uint8Array[]): Promise<Extent> {
    assert(!this.#closed, 'append to a closed spill file');
    const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const offset = this.#end;
    this.#end += length;
    return this.#inTurn(async () => {
      try {
        this.#file ??= openUnlinked(this.#folder);
        await writeFully(await this.#file, chunks, offset, length);
        return { offset, length };
      } catch (thrown) {
        throw this.#failure(thrown, length);
      }
    });
  }

  /** The bytes of an extent, in a buffer of their own. Rejects with `cancelled` after `close`. */
  async read(extent: Extent): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#file === null) throw new AppError('cancelled', 'a spill file was closed');
    const file = await this.#file;
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(extent.length).buffer);
    let done = 0;
    while (done < extent.length) {
      const { bytesRead } = await file.read(bytes, done, extent.length - done, extent.offset + done);
      if (bytesRead === 0) throw new AppError('corrupt-data', `a spill file in ${this.#folder} ends at ${extent.offset + done}, ${extent.length - done} bytes early`);
      done += bytesRead;
    }
    return bytes;
  }

  /** Forgets the content and frees its space. The caller has read, or gives up, every extent. */
  reset(): Promise<void> {
    this.#end = 0;
    return this.#inTurn(async () => {
      if (this.#file !== null) await (await this.#file).truncate(0);
    });
  }

  /** Idempotent. Waits for the write that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#end = 0;
    await this.#inTurn(async () => {
      const file = this.#file;
      this.#file = null;
      if (file !== null) await file.then((handle) => handle.close(), () => undefined);
    });
  }

  #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(operation);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #failure(thrown: unknown, length: number): AppError {
    const where = `to spill ${length} bytes to ${this.#folder}`;
    if (FULL.has(systemCode(thrown) ?? '')) {
      const hint = 'Free some space, choose another spill folder, or use more workers or more memory for each.';
      return new AppError('resource-exhausted', `the disk is full: it was not possible ${where}`, { cause: thrown, hint });
    }
    return new AppError('unavailable', `it was not possible ${where}: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

async function openUnlinked(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `spill-${randomHex(systemRandom, 12)}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function writeFully(file: FileHandle, chunks: readonly Uint8Array[], offset: number, length: number): Promise<void> {
  let rest: readonly Uint8Array[] = chunks;
  let done = 0;
  while (done < length) {
    const { bytesWritten } = await file.writev(rest, offset + done);
    done += bytesWritten;
    if (done < length) rest = skip(rest, bytesWritten);
  }
}

/** The chunks without their first `bytes` bytes. */
function skip(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    const from = Math.min(left, chunk.byteLength);
    left -= from;
    if (from < chunk.byteLength) rest.push(chunk.subarray(from));
  }
  return rest;
}
