/**
 * A thread's end of its data channel. The thread has nothing else to do than what comes here, and guest code blocks it
 * anyway, so it reads and writes by blocking system calls: no event loop stands between the kernel's wake-up and the task.
 *
 * `read` may reuse its buffers: a body holds until the next `read`.
 */
import { readSync } from 'node:fs';
import { BATCH_BYTES, MAX_KEPT_FRAME_BYTES } from './limits.ts';
import { brokenProtocol, checkedBodyBytes, HEADER_BYTES } from './protocol.ts';
import type { SharedFile } from './shared-file.ts';
import { writeParts } from './vectored-write.ts';

export interface ReceivedFrame {
  type: number;
  flags: number;
  id: number;
  body: Buffer;
}

const NO_BODY = Buffer.alloc(0);

export class BlockingChannel {
  readonly #fd: number;
  readonly #shared: SharedFile | null;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #at = 0;
  #end = 0;
  #long: Buffer = NO_BODY;
  readonly #frame: ReceivedFrame = { type: 0, flags: 0, id: 0, body: NO_BODY };

  constructor(fd: number, shared: SharedFile | null = null) {
    this.#fd = fd;
    this.#shared = shared;
  }

  /** Whether a whole frame is here already, so that `read` does not block. */
  get ready(): boolean {
    const there = this.#end - this.#at;
    return there >= HEADER_BYTES && there >= HEADER_BYTES + this.#buffer.readUInt32LE(this.#at);
  }

  /** The next frame, or null at the end of the channel. The object is used again for the next one. */
  read(): ReceivedFrame | null {
    if (!this.#fill(HEADER_BYTES)) return null;
    const buffer = this.#buffer;
    const bodyBytes = checkedBodyBytes(buffer.readUInt32LE(this.#at));
    const frame = this.#frame;
    frame.type = buffer[this.#at + 4] as number;
    frame.flags = buffer[this.#at + 5] as number;
    frame.id = buffer.readUInt32LE(this.#at + 8);
    if (HEADER_BYTES + bodyBytes > buffer.length) return this.#readLong(bodyBytes) ? frame : null;
    if (!this.#fill(HEADER_BYTES + bodyBytes)) return null;
    const start = this.#at + HEADER_BYTES;
    frame.body = buffer.subarray(start, start + bodyBytes);
    this.#at = start + bodyBytes;
    return frame;
  }

  writeAll(parts: readonly Uint8Array[]): void {
    writeParts(this.#fd, parts, null);
  }

  /** Bytes that the gateway has put into the shared file; they hold until the next call. */
  readShared(at: number, bytes: number): Buffer {
    const target = this.#longBuffer(bytes).subarray(0, bytes);
    this.readSharedInto(at, target);
    return target;
  }

  readSharedInto(at: number, target: Uint8Array): void {
    if (this.#shared?.read(at, target) !== true) throw brokenProtocol('a slot that the gateway has not filled');
  }

  /** False where it can't be had: then the bytes go the other way. */
  writeShared(at: number, parts: readonly Uint8Array[]): boolean {
    return this.#shared?.write(at, parts) === true;
  }

  /** Waits until `bytes` lie in the buffer, at its beginning if they would not fit otherwise. */
  #fill(bytes: number): boolean {
    if (this.#end - this.#at >= bytes) return true;
    const buffer = this.#buffer;
    if (this.#at === this.#end) {
      this.#at = 0;
      this.#end = 0;
    } else if (this.#at + bytes > buffer.length) {
      buffer.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#at = 0;
    }
    while (this.#end - this.#at < bytes) {
      const read = readSync(this.#fd, buffer, this.#end, buffer.length - this.#end, null);
      if (read === 0) return false;
      this.#end += read;
    }
    return true;
  }

  /** A body that does not fit into the buffer is read to where it stays. */
  #readLong(bodyBytes: number): boolean {
    const target = this.#longBuffer(bodyBytes);
    let at = this.#buffer.copy(target, 0, this.#at + HEADER_BYTES, this.#end);
    this.#at = 0;
    this.#end = 0;
    while (at < bodyBytes) {
      const read = readSync(this.#fd, target, at, bodyBytes - at, null);
      if (read === 0) return false;
      at += read;
    }
    this.#frame.body = target.length === bodyBytes ? target : target.subarray(0, bodyBytes);
    return true;
  }

  #longBuffer(bytes: number): Buffer {
    if (bytes > MAX_KEPT_FRAME_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#long.length < bytes) this.#long = Buffer.allocUnsafeSlow(Math.min(MAX_KEPT_FRAME_BYTES, 2 ** Math.ceil(Math.log2(bytes))));
    return this.#long;
  }
}
