/**
 * A request whose body does not pass through a stream: its pieces are handed over as the parser finds them. The stream of
 * a request costs a quarter of what node:http needs for a small one, and here it is wanted as a whole anyway. Only the
 * documented `push` of a Readable is taken over, and `resume`, by which node:http drops what nobody has read.
 */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface BodySink {
  /** False stops the reading until `goOn`; what was read already still comes. */
  piece(bytes: Buffer): boolean;
  end(): void;
}

/** Sockets whose client had to wait with a body: that it takes long is not its fault. */
const heldBack = new WeakSet<Socket>();
export const isHeldBack = (socket: Socket): boolean => heldBack.has(socket);

export class DirectRequest extends IncomingMessage {
  #sink: BodySink | null = null;
  /** Something went into the stream already. */
  #streams = false;

  /** Takes the body past the stream; false where it is too late for that. `close` tells of a client that leaves before the end. */
  receive(sink: BodySink): boolean {
    if (this.#streams) return false;
    this.#sink = sink;
    return true;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    const sink = this.#sink;
    if (sink === null) {
      this.#streams = true;
      return super.push(chunk, encoding);
    }
    if (chunk === null) {
      heldBack.delete(this.socket);
      sink.end();
      return true;
    }
    const goesOn = sink.piece(chunk as Buffer);
    if (!goesOn) heldBack.add(this.socket);
    return goesOn;
  }

  /** Reads again after a sink has stopped it. */
  goOn(): void {
    super._read(0);
  }

  override resume(): this {
    return this.#sink === null ? super.resume() : this;
  }
}
