/**
 * Bytes of a known length that are to be kept, while they arrive: in one buffer, or as the pieces that they came in. Kept
 * pieces cost no copy; but a small one would take more memory than its bytes, so small neighbours are put together.
 */
import { allocated } from '../http/body-buffer.ts';
import { JOINED_BYTES, KEPT_PIECE_BYTES } from '../limits.ts';

export interface LongBytes {
  readonly isFull: boolean;
  /** So many bytes are still to come. */
  readonly left: number;
  /** Not more than are left. */
  append(chunk: Buffer): void;
}

export class BytesInOne implements LongBytes {
  readonly #target: Buffer;
  #filled = 0;

  constructor(length: number) {
    this.#target = allocated(length);
  }

  get isFull(): boolean {
    return this.left === 0;
  }

  get left(): number {
    return this.#target.length - this.#filled;
  }

  append(chunk: Buffer): void {
    this.#filled += chunk.copy(this.#target, this.#filled);
  }

  /** What has come. */
  end(): Buffer {
    return this.isFull ? this.#target : this.#target.subarray(0, this.#filled);
  }
}

export class BytesInPieces implements LongBytes {
  readonly #pieces: Buffer[] = [];
  /** Small neighbours. */
  #joined: Buffer | null = null;
  #joinedBytes = 0;
  left: number;

  constructor(length: number) {
    this.left = length;
  }

  get isFull(): boolean {
    return this.left === 0;
  }

  append(chunk: Buffer): void {
    if (chunk.length < KEPT_PIECE_BYTES) this.#join(chunk);
    else {
      this.#endJoined();
      this.#pieces.push(chunk);
    }
    this.left -= chunk.length;
  }

  /** What has come. */
  get pieces(): readonly Buffer[] {
    this.#endJoined();
    return this.#pieces;
  }

  #join(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      this.#joined ??= Buffer.allocUnsafeSlow(JOINED_BYTES);
      const copied = piece.copy(this.#joined, this.#joinedBytes, at);
      at += copied;
      this.#joinedBytes += copied;
      if (this.#joinedBytes === this.#joined.length) this.#endJoined();
    }
  }

  /** A buffer that is not full is copied, and used again. */
  #endJoined(): void {
    const joined = this.#joined;
    if (joined === null || this.#joinedBytes === 0) return;
    const isFull = this.#joinedBytes === joined.length;
    const piece = isFull ? joined : Buffer.allocUnsafeSlow(this.#joinedBytes);
    if (isFull) this.#joined = null;
    else joined.copy(piece, 0, 0, this.#joinedBytes);
    this.#pieces.push(piece);
    this.#joinedBytes = 0;
  }
}
