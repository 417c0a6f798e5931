/** What comes through a pipe, standard input above all: as a whole, until it is too much or somebody asks for the end. */
import { constants, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { abortable, AppError, errorMessage } from '@pappus/core';
import { MAX_CODE_BYTES } from './platform/limits.ts';

export interface PipedInput {
  /** As it stands in an error. */
  readonly name: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export const readPiped = (stream: Readable, input: PipedInput): Promise<Buffer> => abortable(collected(addAbortSignal(input.signal, stream), input), input.signal);

/** The text of a file or a pipe, or of standard input, which `-` stands for. */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  try {
    if (path !== '-' && !(await stat(path)).isFIFO()) return await readFile(path, 'utf8');
    const [stream, name] = path === '-' ? [process.stdin, 'standard input'] : [openPipe(path), path];
    return new TextDecoder().decode(await readPiped(stream, { name, maxBytes: MAX_CODE_BYTES, signal }));
  } catch (thrown) {
    if (signal.aborted || thrown instanceof AppError) throw thrown;
    throw new AppError('not-found', `cannot read ${path}: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

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
