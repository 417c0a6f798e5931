/**
 * One end of a simulated TCP connection: bytes arrive in order, in other pieces than they were written, after a
 * delay; a slow reader stops its writer; it ends cleanly or breaks.
 */
import { Duplex } from 'node:stream';

/** Bytes on their way or unread at the other end before a writer has to wait. */
const WINDOW_BYTES = 65_536;

/** Brings something to the other host, behind all that was sent before. */
type Carry = (arrive: () => void) => void;

export interface SimulatedEnd {
  readonly carry: Carry;
  /** Cuts what is written into pieces. */
  readonly split: (bytes: Buffer) => readonly Buffer[];
  readonly onClose: () => void;
}

export class SimulatedStream extends Duplex {
  readonly #wire: SimulatedEnd;
  #peer: SimulatedStream | null = null;
  #inFlight = 0;
  #unread = 0;
  #blocked: (() => void) | null = null;
  #resetting = false;
  /** The peer knows that this end is over. */
  #told = false;

  constructor(end: SimulatedEnd) {
    super({ allowHalfOpen: false });
    this.#wire = end;
    this.on('error', () => {});
  }

  static join(one: SimulatedStream, other: SimulatedStream): void {
    one.#peer = other;
    other.#peer = one;
  }

  reset(): void {
    this.#resetting = true;
    this.destroy();
  }

  /** Ends without a word to the other end: the host lost its power. */
  vanish(): void {
    this.#told = true;
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#inFlight += chunk.length;
    for (const piece of this.#wire.split(chunk)) this.#tell((peer) => peer.#arrive(piece));
    if (this.#inFlight < WINDOW_BYTES) done();
    else this.#blocked = done;
  }

  override _final(done: () => void): void {
    this.#tell((peer) => peer.#finish());
    done();
  }

  override _read(): void {
    const bytes = this.#unread;
    this.#unread = 0;
    const peer = this.#peer;
    if (bytes > 0 && peer !== null) peer.#acknowledge(bytes);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const isReset = this.#resetting || this.readableLength > 0 || error !== null; // as the kernel does with unread bytes
    if (!this.#told) this.#tell((peer) => (isReset ? peer.#break() : peer.#finish()));
    this.#told = true;
    this.#wire.onClose();
    done(error);
  }

  #tell(what: (peer: SimulatedStream) => void): void {
    const peer = this.#peer;
    if (peer !== null) this.#wire.carry(() => what(peer));
  }

  #arrive(piece: Buffer): void {
    if (this.destroyed) return this.#told ? this.#tell((peer) => peer.#break()) : undefined;
    if (this.readableEnded) return;
    this.#unread += piece.length;
    if (this.push(piece)) this._read();
  }

  #finish(): void {
    if (!this.destroyed) this.push(null);
  }

  #break(): void {
    this.#told = true;
    if (!this.destroyed) this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  #acknowledge(bytes: number): void {
    this.#inFlight -= bytes;
    if (this.#inFlight >= WINDOW_BYTES || this.#blocked === null) return;
    const done = this.#blocked;
    this.#blocked = null;
    done();
  }
}
