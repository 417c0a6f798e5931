/** What the gateway needs of the dispatcher: one invocation, its outputs as they become final, and how it ended. */
import type { FunctionFailure, TraceSpan } from '@pappus/api';
import type { CancelSignal } from '@pappus/core';
import type { InputSource, ItemSet, OutputSink, Sets, Version } from '@pappus/platform';

export interface InvocationOrder {
  readonly invocation: string;
  readonly version: Version;
  readonly inputs: Sets;
  readonly stdio: ItemSet | null;
  /** Aborted when the client leaves, the server stops or the deadline is over. */
  readonly signal: CancelSignal;
  readonly traced: boolean;
  /** Brings items while the invocation runs; null: `inputs` is all there is. */
  readonly source: InputSource | null;
  /** Takes the items of the outputs as they become final; null: the whole result is wanted. */
  readonly sink: OutputSink | null;
}

/** What one run wrote. */
export interface RunOutput {
  /** Registered name of the function. */
  readonly function: string;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly droppedBytes: number;
}

interface Ended {
  readonly spans: readonly TraceSpan[];
  readonly droppedSpans: number;
  readonly logs: readonly RunOutput[];
}

export type InvocationOutcome =
  | (Ended & { readonly kind: 'done'; /** All outputs in the order of the signature; without items where there was a sink. */ readonly outputs: Sets })
  | (Ended & { readonly kind: 'failed'; readonly failure: FunctionFailure })
  /** Its deadline, a limit of the platform, or its client has ended it; or a defect of ours. */
  | (Ended & { readonly kind: 'given-up'; readonly reason: unknown });

export interface Invoker {
  /** Whether it can do anything with the items of some input before they are all there. */
  streams(version: Version): boolean;
  /**
   * Rejects with a retryable `resource-exhausted` when it is full, and with `unavailable` when the server stops. Whatever
   * happens to an invocation that has begun is an outcome, with what it has done until then.
   */
  invoke(order: InvocationOrder): Promise<InvocationOutcome>;
}
