/**
 * Frames of a batch, put together for one write. Small parts are copied into one buffer, long ones stay where they lie.
 * The bytes of a taken batch are never written again, so the taker may write them at its leisure.
 */
import { BATCH_BYTES, COPY_BELOW_BYTES, MAX_TEXT_BYTES } from './limits.ts';
import { HEADER_BYTES, type FrameType } from './protocol.ts';

export class FrameWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #start = 0;
  #at = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #header: Buffer = this.#buffer;
  #headerAt = 0;
  #bodyBytes = 0;

  /** Bytes of the batch so far. */
  get pendingBytes(): number {
    return this.#partBytes + this.#at - this.#start;
  }

  begin(type: FrameType, flags: number, id: number): void {
    this.#reserve(HEADER_BYTES);
    const header = this.#buffer;
    const at = this.#at;
    header[at + 4] = type;
    header[at + 5] = flags;
    header[at + 6] = 0;
    header[at + 7] = 0;
    header.writeUInt32LE(id, at + 8);
    this.#header = header;
    this.#headerAt = at;
    this.#bodyBytes = 0;
    this.#at = at + HEADER_BYTES;
  }

  /** Ends the frame and gives the length of its body. */
  end(): number {
    this.#header.writeUInt32LE(this.#bodyBytes, this.#headerAt);
    return this.#bodyBytes;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at] = value;
    this.#advance(1);
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#buffer.writeUInt16LE(value, this.#at);
    this.#advance(2);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#buffer.writeUInt32LE(value, this.#at);
    this.#advance(4);
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#buffer.writeDoubleLE(value, this.#at);
    this.#advance(8);
  }

  /** A length and UTF-8; what is too long is cut. */
  text(value: string): void {
    let bytes = Buffer.from(value.length > MAX_TEXT_BYTES ? value.slice(0, MAX_TEXT_BYTES) : value);
    if (bytes.length > MAX_TEXT_BYTES) bytes = bytes.subarray(0, MAX_TEXT_BYTES);
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  /** Long ones are not copied: they must not change before the batch is written. */
  bytes(value: Uint8Array): void {
    if (value.length < COPY_BELOW_BYTES) {
      this.#reserve(value.length);
      this.#buffer.set(value, this.#at);
      this.#advance(value.length);
      return;
    }
    this.#cut();
    this.#parts.push(value);
    this.#partBytes += value.length;
    this.#bodyBytes += value.length;
  }

  allBytes(values: readonly Uint8Array[]): void {
    for (const value of values) this.bytes(value);
  }

  /** The batch, to be written in this order. */
  take(): readonly Uint8Array[] {
    this.#cut();
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    return parts;
  }

  /** Forgets the batch and uses the buffer from its beginning: only when what was taken has been written. */
  reuse(): void {
    this.#parts = [];
    this.#partBytes = 0;
    this.#start = 0;
    this.#at = 0;
  }

  #advance(bytes: number): void {
    this.#at += bytes;
    this.#bodyBytes += bytes;
  }

  /** Makes room for `bytes` in one piece; they are few. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    this.#cut();
    this.#buffer = Buffer.allocUnsafeSlow(BATCH_BYTES);
    this.#start = 0;
    this.#at = 0;
  }

  /** What was copied since the last part becomes a part. */
  #cut(): void {
    if (this.#at === this.#start) return;
    this.#parts.push(this.#buffer.subarray(this.#start, this.#at));
    this.#partBytes += this.#at - this.#start;
    this.#start = this.#at;
  }
}
