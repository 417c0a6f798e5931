/**
 * Frames out of the chunks that a socket gives. A frame within one chunk is handed on as a view of it; one that spans
 * chunks is put together in a buffer of its own length. Bodies may be kept: no byte of them is written again.
 */
import { MAX_FRAME_BYTES } from './limits.ts';
import { checkedBodyBytes, HEADER_BYTES, type FrameHandler } from './protocol.ts';

export class FrameStream {
  readonly #handle: FrameHandler;
  readonly #maxBodyBytes: number;
  /** The frame that has begun, header included, and how much of it is there. */
  #frame: Buffer | null = null;
  #filled = 0;
  /** Fewer bytes than a header, from the end of the last chunk. */
  #left: Buffer | null = null;

  constructor(handle: FrameHandler, maxBodyBytes: number = MAX_FRAME_BYTES) {
    this.#handle = handle;
    this.#maxBodyBytes = maxBodyBytes;
  }

  push(received: Buffer): void {
    let chunk = received;
    if (this.#left !== null) {
      chunk = Buffer.concat([this.#left, received]);
      this.#left = null;
    }
    let at = this.#frame === null ? 0 : this.#fill(this.#frame, chunk);
    while (chunk.length - at >= HEADER_BYTES) {
      const bytes = HEADER_BYTES + checkedBodyBytes(chunk.readUInt32LE(at), this.#maxBodyBytes);
      if (chunk.length - at < bytes) {
        this.#frame = Buffer.allocUnsafeSlow(bytes);
        this.#filled = 0;
        at += this.#fill(this.#frame, chunk.subarray(at));
        return;
      }
      this.#emit(chunk, at, at + bytes);
      at += bytes;
    }
    if (at < chunk.length) this.#left = chunk.subarray(at);
  }

  /** How many bytes of the chunk belong to the frame. */
  #fill(frame: Buffer, chunk: Buffer): number {
    const taken = Math.min(frame.length - this.#filled, chunk.length);
    chunk.copy(frame, this.#filled, 0, taken);
    this.#filled += taken;
    if (this.#filled === frame.length) {
      this.#frame = null;
      this.#emit(frame, 0, frame.length);
    }
    return taken;
  }

  #emit(bytes: Buffer, at: number, end: number): void {
    this.#handle(bytes[at + 4] as number, bytes[at + 5] as number, bytes.readUInt32LE(at + 8), bytes.subarray(at + HEADER_BYTES, end));
  }
}
