/**
 * A request whose body does not pass through a stream: its pieces are handed over as the parser finds them. The stream of
 * a request costs a quarter of what node:http needs for a small one, and here it is wanted as a whole anyway. Only the
 * documented `push` of a Readable is taken over, and `resume`, by which node:http drops what nobody has read.
 */
import { IncomingMessage } from 'node:http';
import type { AppError } from '@pappus/core';

export interface BodySink {
  /** False stops the reading until `goOn`; what was read already still comes. */
  piece(bytes: Buffer): boolean;
  end(): void;
  /** The body can't be read on, or (null) takes longer than a request may; true where the sink deals with that. */
  broken?(reason: AppError | null): boolean;
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
    if (chunk !== null) return sink.piece(chunk as Buffer);
    sink.end();
    return true;
  }

  /** False: nobody deals with it. */
  broken(reason: AppError | null): boolean {
    return this.#sink?.broken?.(reason) ?? false;
  }

  /** Reads again after a sink has stopped it. */
  goOn(): void {
    super._read(0);
  }

  override resume(): this {
    return this.#sink === null ? super.resume() : this;
  }
}
