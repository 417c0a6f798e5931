/** Calls the functions of WASI as a guest would, without a guest: arguments go through a memory. */
import { systemRandom, type Clock } from '@pappus/core';
import { BLOCK_BYTES, PAGE_BYTES } from '../../module/limits.ts';
import { webAssembly, type WasmMemory } from '../../module/web-assembly.ts';
import type { ItemSet, Sets } from '../../sets/item.ts';
import { WASI_MODULE } from '../wasi/signatures.ts';
import { wasiImports } from '../wasi/wasi-interface.ts';
import { WasiRun } from '../wasi/wasi-run.ts';
import { viewed } from '../memory-pool.ts';
import { WrittenBlocks } from '../written-blocks.ts';
import { testSpec, type SpecChanges } from './assemble.ts';

const MAX_PAGES = 4;
const PATH = 1_000;
const OTHER_PATH = 8_000;
const DATA = 20_000;
const VECTOR = 100;
const RESULT = 200;
export const ROOT_FD = 3;

const CLOCK: Clock = { nowMs: () => 5, wallMs: () => 1_700_000_000_123, schedule: () => ({ cancel: () => undefined }) };

type Call = (...values: readonly (number | bigint)[]) => number;

export class WasiCaller {
  readonly run: WasiRun;
  readonly memory: WasmMemory = new webAssembly.Memory({ initial: 2, maximum: MAX_PAGES });
  readonly #calls: Readonly<Record<string, Call>>;
  readonly #marks: Uint8Array;
  readonly #before: Uint8Array = new Uint8Array(MAX_PAGES * PAGE_BYTES);

  constructor(inputs: Sets = [{ name: 'in', items: [] }], changes: SpecChanges = {}, stdio: ItemSet | null = null) {
    const written = new WrittenBlocks();
    this.#marks = new Uint8Array(written.marks.buffer);
    this.run = new WasiRun(testSpec(changes), { clock: CLOCK, random: systemRandom });
    this.#calls = wasiImports(this.run)[WASI_MODULE] as Readonly<Record<string, Call>>;
    this.run.begin(inputs, stdio);
    this.run.memory.attach({ ...viewed(this.memory), written });
  }

  get bytes(): Buffer {
    return Buffer.from(this.memory.buffer);
  }

  /** Every byte that changes must have been marked: otherwise the next run would see it. */
  call(name: string, ...values: readonly (number | bigint)[]): number {
    const call = this.#calls[name];
    if (call === undefined) throw new Error(`no function ${name}`);
    this.#before.set(this.bytes);
    this.#marks.fill(0, 0, this.bytes.length / BLOCK_BYTES);
    try {
      return call(...values);
    } finally {
      this.#requireMarks(name);
    }
  }

  #requireMarks(name: string): void {
    const after = this.bytes;
    for (let at = 0; at < after.length; at += BLOCK_BYTES) {
      const end = at + BLOCK_BYTES;
      if (this.#marks[at / BLOCK_BYTES] === 0 && after.compare(this.#before, at, end, at, end) !== 0) throw new Error(`${name} wrote between ${at} and ${end}, and marked nothing`);
    }
  }

  /** The descriptor, or minus the error number. */
  open(path: string, { flags = 0, writes = false, append = false, at = ROOT_FD }: { readonly flags?: number; readonly writes?: boolean; readonly append?: boolean; readonly at?: number } = {}): number {
    const errno = this.call('path_open', at, 0, PATH, this.bytes.write(path, PATH), flags, writes ? 66n : 2n, 0n, append ? 1 : 0, RESULT);
    return errno === 0 ? this.bytes.readUInt32LE(RESULT) : -errno;
  }

  /** Creates or truncates. */
  create(path: string, data = ''): number {
    const fd = this.open(path, { flags: 9, writes: true });
    if (fd < 0) return fd;
    if (data !== '') this.write(fd, data);
    return fd;
  }

  write(fd: number, data: string | Uint8Array, offset: bigint | null = null): number {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.bytes.set(bytes, DATA);
    this.bytes.writeUInt32LE(DATA, VECTOR);
    this.bytes.writeUInt32LE(bytes.length, VECTOR + 4);
    const errno = offset === null ? this.call('fd_write', fd, VECTOR, 1, RESULT) : this.call('fd_pwrite', fd, VECTOR, 1, offset, RESULT);
    return errno === 0 ? this.bytes.readUInt32LE(RESULT) : -errno;
  }

  read(fd: number, length: number, offset: bigint | null = null): string | number {
    this.bytes.writeUInt32LE(DATA, VECTOR);
    this.bytes.writeUInt32LE(length, VECTOR + 4);
    const errno = offset === null ? this.call('fd_read', fd, VECTOR, 1, RESULT) : this.call('fd_pread', fd, VECTOR, 1, offset, RESULT);
    return errno === 0 ? this.bytes.toString('utf8', DATA, DATA + this.bytes.readUInt32LE(RESULT)) : -errno;
  }

  seek(fd: number, offset: bigint, whence: number): number {
    const errno = this.call('fd_seek', fd, offset, whence, RESULT);
    return errno === 0 ? Number(this.bytes.readBigUInt64LE(RESULT)) : -errno;
  }

  /** Calls a function of a path, or of two. */
  onPath(name: string, path: string, other: string | null = null): number {
    const length = this.bytes.write(path, PATH);
    if (other === null) return this.call(name, ROOT_FD, PATH, length);
    return this.call(name, ROOT_FD, PATH, length, ROOT_FD, OTHER_PATH, this.bytes.write(other, OTHER_PATH));
  }

  /** Type, size and inode of a path, or minus the error number. */
  stat(path: string): { readonly type: number; readonly size: number; readonly inode: bigint } | number {
    const errno = this.call('path_filestat_get', ROOT_FD, 0, PATH, this.bytes.write(path, PATH), RESULT);
    if (errno !== 0) return -errno;
    return { type: this.bytes.readUInt8(RESULT + 16), size: Number(this.bytes.readBigUInt64LE(RESULT + 32)), inode: this.bytes.readBigUInt64LE(RESULT + 8) };
  }

  /** The names in a folder, read with a buffer of so many bytes at a time. */
  list(path: string, bufferBytes = 4_000): readonly string[] | number {
    const fd = this.open(path, { flags: 2 });
    if (fd < 0) return fd;
    const names: string[] = [];
    let cookie = 0n;
    for (;;) {
      const errno = this.call('fd_readdir', fd, DATA, bufferBytes, cookie, RESULT);
      if (errno !== 0) return -errno;
      const used = this.bytes.readUInt32LE(RESULT);
      let at = DATA;
      while (at + 24 <= DATA + used) {
        const end = at + 24 + this.bytes.readUInt32LE(at + 16);
        if (end > DATA + used) break;
        cookie = this.bytes.readBigUInt64LE(at);
        names.push(this.bytes.toString('utf8', at + 24, end) + (this.bytes[at + 20] === 3 ? '/' : ''));
        at = end;
      }
      if (used < bufferBytes) return names;
    }
  }

  outputs(): unknown {
    return Object.fromEntries(this.run.outputs().map(({ name, items }) => [name, items.map((item) => [item.name, item.key, Buffer.from(item.data).toString()])]));
  }
}
