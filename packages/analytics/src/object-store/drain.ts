/** Waiting for a stream that does not take more at the moment. */
import type { Writable } from 'node:stream';

/** Resolves when the stream takes more, or is closed; leaves no listener behind. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    if (stream.destroyed) resolve();
    else stream.on('drain', done).on('close', done);
  });
}
