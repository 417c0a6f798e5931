/**
 * Ctrl-C, TERM and HUP ask for a clean end; a second Ctrl-C ends at once. So does a reader of standard output that
 * leaves, such as `head`: nobody wants the rest.
 */
import { AppError, systemClock, systemCode } from '@pappus/core';
import type { CliStreams } from './program.ts';

/** Signals that follow one another this closely are one. */
const SAME_SIGNAL_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Whether the end was asked for by nobody reading any more: then there is nobody to tell it to either. */
export const isReaderGone = (reason: unknown): boolean => reason instanceof AppError && systemCode(reason.cause) === 'EPIPE';

export async function interruptible({ out, err }: CliStreams, run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  // Not taken off again: the news may come when all is written.
  out.on('error', (error) => controller.abort(new AppError('cancelled', `standard output cannot be written: ${error.message}`, { cause: error })));
  err.on('error', () => {});
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const onSignal = (name: NodeJS.Signals): void => {
    const nowMs = systemClock.nowMs();
    // npm and timeout(1) hand one Ctrl-C on that the terminal has delivered already.
    if (nowMs - askedAtMs < SAME_SIGNAL_MS) return;
    askedAtMs = nowMs;
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
