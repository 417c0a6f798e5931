/** What comes through a pipe, standard input above all: as a whole, until it is too much or somebody asks for the end. */
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { abortable, AppError } from '@pappus/core';

export interface PipedInput {
  /** As it stands in an error. */
  readonly name: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export const readPiped = (stream: Readable, input: PipedInput): Promise<Buffer> => abortable(collected(addAbortSignal(input.signal, stream), input), input.signal);

export const readPipedText = async (stream: Readable, input: PipedInput): Promise<string> => new TextDecoder().decode(await readPiped(stream, input));

/** A named pipe. Reading it as a file would keep a thread until its writer ends, and the process with it. */
export const openPipe = (path: string): Readable => new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });

async function collected(stream: Readable, { name, maxBytes }: PipedInput): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AppError('resource-exhausted', `${name} has more than ${maxBytes} bytes`, { hint: 'Give a file instead.' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
