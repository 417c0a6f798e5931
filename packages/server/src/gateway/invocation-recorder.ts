/** What is kept of an invocation: counters for all, traces and log lines for some, what functions wrote. */
import type { Problem, Trace } from '@pappus/api';
import type { Clock } from '@pappus/core';
import type { AccessLog } from '../observability/access-log.ts';
import { endingOf, type Ending, type InvocationMetrics } from '../observability/invocation-metrics.ts';
import type { LogStore } from '../observability/log-store.ts';
import type { OtlpExporter } from '../observability/otlp-exporter.ts';
import type { TraceStore } from '../observability/trace-store.ts';
import type { Summary } from './invocations.ts';
import type { InvocationOutcome } from './invoker.ts';

export interface RecorderOptions {
  readonly metrics: InvocationMetrics;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  readonly accessLog: AccessLog;
  readonly otlp: OtlpExporter | null;
  readonly clock: Clock;
}

const OK = 200;
/** The label of invocations of names that there are not. */
const NO_NAME = '(none)';

export class InvocationRecorder {
  readonly #options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Whether the invocation that begins now is traced. */
  sample(): boolean {
    return this.#options.traces.sample();
  }

  ended(summary: Summary, outcome: InvocationOutcome | null, problem: Problem | null): void {
    const { metrics, accessLog, logs } = this.#options;
    const { version, ms, inputBytes, outputBytes, caller, invocation, path, traced } = summary;
    const ending = problem === null ? 'done' : endingOf(problem);
    metrics.ended(version?.name ?? NO_NAME, ending, ms, inputBytes, outputBytes);
    if (problem !== null || accessLog.sample()) {
      accessLog.write({ method: 'POST', path: path.split('?', 1)[0] ?? '', status: problem?.status ?? OK, ms, inputBytes, outputBytes, caller, invocation });
    }
    for (const run of outcome?.logs ?? []) {
      const { function: name, stdout, stderr, droppedBytes } = run;
      const hasErrors = stderr.length > 0;
      if (stdout.length > 0 || (!hasErrors && droppedBytes > 0)) logs.add(name, { invocation, stream: 'stdout', bytes: stdout, droppedBytes: hasErrors ? 0 : droppedBytes });
      if (hasErrors) logs.add(name, { invocation, stream: 'stderr', bytes: stderr, droppedBytes });
    }
    if (version !== null && (traced || ending === 'failed')) this.#trace(summary, version, outcome, problem, ending);
  }

  #trace({ invocation, ms, inputBytes, outputBytes }: Summary, { name, hash }: NonNullable<Summary['version']>, outcome: InvocationOutcome | null, problem: Problem | null, ending: Ending): void {
    const { traces, otlp, clock } = this.#options;
    const trace: Trace = {
      invocation,
      name,
      hash,
      startedAt: new Date(clock.wallMs() - ms).toISOString(),
      durationUs: Math.round(ms * 1000),
      outcome: ending === 'done' || ending === 'cancelled' ? ending : 'failed',
      problem,
      inputBytes,
      outputBytes,
      spans: outcome?.spans ?? [],
      droppedSpans: outcome?.droppedSpans ?? 0,
    };
    traces.add(trace);
    otlp?.add(trace);
  }
}
