/**
 * Memory that the gateway and one thread of an engine share: a file without a name, in memory, whose descriptor the engine
 * inherits. A copy into it and one out of it cost a tenth of the same bytes on a socket, which come 64 KiB at a time, each
 * with its wake-up. Node can't map a file, so both ends read and write at positions, which copies once: nobody works on
 * bytes that the other end may still change.
 */
import { closeSync, ftruncateSync, openSync, readSync, statfsSync } from 'node:fs';
import { assert } from '@pappus/core';
import { writeParts } from './vectored-write.ts';

const FOLDER = '/dev/shm';
const TMPFS = 0x0102_1994;
/** Linux: read and write, no name and none later. */
const NAMELESS = 0o2 | 0o20200000 | 0o200;
const OWNER_ONLY = 0o600;

export class SharedFile {
  #fd: number;

  /** Of a descriptor that is open; this object owns it. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Null where the system has no such files: then everything goes through sockets. */
  static open(): SharedFile | null {
    try {
      return statfsSync(FOLDER).type === TMPFS ? new SharedFile(openSync(FOLDER, NAMELESS, OWNER_ONLY)) : null;
    } catch {
      return null; // another system, or one without that folder, or a full table of descriptors
    }
  }

  get fd(): number {
    assert(this.#fd >= 0, 'a closed file is not used');
    return this.#fd;
  }

  /** False where there is no memory for it. */
  write(at: number, parts: readonly Uint8Array[]): boolean {
    const { fd } = this;
    try {
      writeParts(fd, parts, at);
      return true;
    } catch {
      return false; // full: the bytes take the socket, what is there of them is written again or never read
    }
  }

  /** Fills `target`; false where the file ends before. */
  read(at: number, target: Uint8Array): boolean {
    const { fd } = this;
    for (let filled = 0; filled < target.length; ) {
      const bytes = readSync(fd, target, filled, target.length - filled, at + filled);
      if (bytes === 0) return false;
      filled += bytes;
    }
    return true;
  }

  /** Gives back the memory behind the first so many bytes. */
  shrink(bytes: number): void {
    ftruncateSync(this.fd, bytes);
  }

  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}
