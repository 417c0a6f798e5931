/**
 * How a run is ended from inside a call of the guest: the exception unwinds the guest's frames. Each is made once, without
 * a stack trace, which would cost more than the run. A guest that catches all exceptions can catch these too, so what
 * counts is what was noted before throwing.
 */
import type { RunFailure } from './sandbox.ts';

export class RunEnd extends Error {
  override readonly name = 'RunEnd';
}

export const RUN_END: RunEnd = new RunEnd('the run has ended');

export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly failure: RunFailure;

  constructor(failure: RunFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}
