/**
 * The end of a command's output. Node writes to pipes in the background: `process.exit` throws away what a slow reader
 * has not taken yet.
 */
import type { Writable } from 'node:stream';

/** As shells have it for a program that SIGPIPE ended. */
export const READER_GONE_STATUS = 141;

/** Waits until the streams are empty, however slow their readers are; resolves with the status that the command then has. */
export async function flushed(status: number, { out, err }: { readonly out: Writable; readonly err: Writable }): Promise<number> {
  const [outIsThrough] = await Promise.all([isThrough(out), isThrough(err)]);
  return outIsThrough || status !== 0 ? status : READER_GONE_STATUS;
}

/** False where the reader has gone: then the callback gets an error. */
const isThrough = (stream: Writable): Promise<boolean> => new Promise((resolve) => void stream.write('', (error) => resolve(error === null || error === undefined)));
