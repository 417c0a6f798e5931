/** Ctrl-C, TERM and HUP ask for a clean end; a second Ctrl-C ends at once. */
import { AppError } from '@pappus/core';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function interruptible(err: NodeJS.WriteStream, run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
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
