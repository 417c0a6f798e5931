/** Deadlines and cancellation on AbortSignal. Every wait in the house has a deadline that names what it waits for. */
import type { Clock } from './clock.ts';
import { AppError } from './errors.ts';

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What is waited for, as it stands in the error: `instance 3 to join group g`. */
  readonly waitingFor: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `operation` with a signal that is aborted at the deadline or when the caller's signal is.
 * Rejects with `deadline-exceeded`, or with the caller's reason, even when the operation ignores its signal.
 */
export async function withDeadline<T>(options: DeadlineOptions, operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, timeoutMs, waitingFor, signal } = options;
  signal?.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = clock.schedule(timeoutMs, () => {
    const message = `gave up after ${timeoutMs} ms waiting for ${waitingFor}`;
    controller.abort(new AppError('deadline-exceeded', message, { retryable: true }));
  });
  try {
    return await abortable(operation(controller.signal), controller.signal);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The promise, or the signal's reason when that comes first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The error of an owner who asked for the end. */
export const cancelled = (what: string): AppError => new AppError('cancelled', `${what} was cancelled`);
