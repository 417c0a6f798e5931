/**
 * A request whose body does not pass through a stream: its pieces are handed over as the parser finds them. The stream of
 * a request costs a quarter of what node:http needs for a small one, and here it is wanted as a whole anyway. Only the
 * documented `push` of a Readable is taken over, and `resume`, by which node:http drops what nobody has read.
 */
import { IncomingMessage } from 'node:http';

export interface BodySink {
  piece(bytes: Buffer): void;
  end(): void;
}

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
    if (chunk === null) sink.end();
    else sink.piece(chunk as Buffer);
    return true;
  }

  override resume(): this {
    return this.#sink === null ? super.resume() : this;
  }
}
