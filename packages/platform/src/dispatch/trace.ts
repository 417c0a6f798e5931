/** What happened in an invocation, run by run, in microseconds: for the page that shows it, and for OpenTelemetry. */
import { MAX_SPANS } from './limits.ts';

export interface Span {
  /** Place of the application in its plan; of nested compositions, `outer.inner`. */
  readonly application: string;
  readonly function: string;
  /** Counts the runs of the application in the order in which they started. */
  readonly run: number;
  /** Since the start of the invocation: when everything that the run needs was there. */
  readonly startedUs: number;
  /** Waiting for a slot. */
  readonly queueUs: number;
  /** On the way to a thread and back, and waiting there; for I/O, all of it. */
  readonly fetchUs: number;
  readonly sandboxUs: number;
  readonly computeUs: number;
  readonly storeUs: number;
  /** `cache`: the result was kept, or somebody else was computing it. */
  readonly engine: 'compute' | 'io' | 'cache';
}

export interface Trace {
  readonly spans: readonly Span[];
  /** Spans beyond the limit. */
  readonly droppedSpans: number;
}

export class TraceRecorder {
  readonly #spans: Span[] = [];
  #dropped = 0;

  add(span: Span): void {
    if (this.#spans.length < MAX_SPANS) this.#spans.push(span);
    else this.#dropped += 1;
  }

  trace(): Trace {
    return { spans: this.#spans, droppedSpans: this.#dropped };
  }
}
