/** A member's open barrier requests: they survive a lost control connection and end by their deadline in any case. */
import { AppError, assert, type Clock, type Rank, type Timer } from '@pappus/core';
import type { MemberMessage } from './control-protocol.ts';
import { MAX_NAME_CHARS, MAX_PENDING_BARRIERS } from './limits.ts';

export interface BarrierCallsOptions {
  readonly clock: Clock;
  /** How much later than the deadline the coordinator's answer may come. */
  readonly answerMs: number;
  readonly send: (message: MemberMessage) => void;
}

interface Call {
  readonly name: string;
  readonly deadlineMs: number;
  readonly settle: (error: unknown) => void;
}

export class BarrierCalls {
  readonly #options: BarrierCallsOptions;
  readonly #calls = new Map<number, Call>();
  #lastRequest = 0;

  constructor(options: BarrierCallsOptions) {
    this.#options = options;
  }

  enter(name: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    assert(name.length > 0 && name.length <= MAX_NAME_CHARS, `a barrier's name has 1 to ${MAX_NAME_CHARS} characters`);
    assert(![...this.#calls.values()].some((call) => call.name === name), `this member already waits in barrier ${name}`);
    assert(this.#calls.size < MAX_PENDING_BARRIERS, `a member waits in at most ${MAX_PENDING_BARRIERS} barriers at a time`);
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const { clock, answerMs, send } = this.#options;
      this.#lastRequest += 1;
      const request = this.#lastRequest;
      const roundedMs = Math.max(0, Math.ceil(timeoutMs));
      const timer: Timer = clock.schedule(roundedMs + answerMs, () => settle(unanswered(name, roundedMs)));
      const settle = (error: unknown): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#calls.delete(request);
        if (error === null) resolve();
        else reject(error);
      };
      const onAbort = (): void => {
        send({ type: 'withdraw', request });
        settle(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#calls.set(request, { name, deadlineMs: clock.nowMs() + roundedMs, settle });
      send({ type: 'barrier', request, name, timeoutMs: roundedMs });
    });
  }

  settle(request: number, missing: readonly Rank[]): void {
    const call = this.#calls.get(request);
    call?.settle(missing.length === 0 ? null : timedOut(call.name, missing));
  }

  /** Asks again on a new control connection for what is still open. */
  repeat(): void {
    const now = this.#options.clock.nowMs();
    for (const [request, { name, deadlineMs }] of this.#calls) {
      this.#options.send({ type: 'barrier', request, name, timeoutMs: Math.max(0, Math.ceil(deadlineMs - now)) });
    }
  }
}

function timedOut(name: string, missing: readonly Rank[]): AppError {
  return new AppError('deadline-exceeded', `barrier ${name} ended at its deadline; these ranks had not entered: ${missing.join(', ')}`, { retryable: true });
}

function unanswered(name: string, timeoutMs: number): AppError {
  return new AppError('deadline-exceeded', `barrier ${name}: the coordinator gave no answer within ${timeoutMs} ms`, { retryable: true });
}
