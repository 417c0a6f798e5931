/** Bounded repetition with exponential back-off and full jitter (each wait is random between nothing and its bound). */
import { AppError, randomFraction, sleep, type Clock, type Random } from '@pappus/core';

export interface RetryPolicy {
  /** In all, the first one included. */
  readonly attempts: number;
  /** Bound of the first wait; doubles with each. */
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onRetry: () => void;
}

/** Runs until it succeeds, fails for good, or the attempts are used up; the last error says how many there were. */
export async function withRetries<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { policy, clock, random, signal, onRetry } = options;
  for (let number = 1; ; number++) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof AppError) || !thrown.retryable) throw thrown;
      if (number >= policy.attempts) throw exhausted(thrown, number);
      const boundMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (number - 1));
      await sleep(clock, boundMs * randomFraction(random), signal);
      onRetry();
    }
  }
}

function exhausted(error: AppError, attempts: number): AppError {
  if (attempts === 1) return error;
  return new AppError(error.code, `${error.message} (gave up after ${attempts} attempts)`, { cause: error, retryable: true, ...(error.hint === null ? {} : { hint: error.hint }) });
}
