/**
 * Ctrl-C, TERM and HUP ask for a clean end; a second Ctrl-C ends at once. So does a reader of standard output that
 * leaves, such as `head`: nobody wants the rest.
 */
import { AppError, systemCode } from '@pappus/core';
import type { CliStreams } from './program.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whether the end was asked for by nobody reading any more: then there is nobody to tell it to either. */
export const isReaderGone = (reason: unknown): boolean => reason instanceof AppError && systemCode(reason.cause) === 'EPIPE';

export async function interruptible({ out, err }: CliStreams, run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  // Not taken off again: the news may come when all is written.
  out.on('error', (error) => controller.abort(new AppError('cancelled', `standard output cannot be written: ${error.message}`, { cause: error })));
  err.on('error', () => {});
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130);
    if (err.isTTY) err.write('\nstopping …\n');
    controller.abort(new AppError('cancelled', `interrupted by ${name}`));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    return await run(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}
