/** Functions alone, straight to the engine. */
import type { TraceSpan } from '@pappus/api';
import { AppError } from '@pappus/core';
import type { ComputeEngine, FunctionVersion, RunSpan, Segment, StepLog } from '@pappus/platform';
import { describeFailure } from './failure-of.ts';
import type { InvocationOrder, InvocationOutcome, Invoker, RunOutput } from './invoker.ts';

export class DirectInvoker implements Invoker {
  readonly #engine: Pick<ComputeEngine, 'run'>;
  readonly #segments = new WeakMap<FunctionVersion, Segment>();

  constructor(engine: Pick<ComputeEngine, 'run'>) {
    this.#engine = engine;
  }

  async invoke({ invocation, version, inputs, stdio, signal, traced }: InvocationOrder): Promise<InvocationOutcome> {
    if (version.kind !== 'function') throw new AppError('unsupported', 'compositions cannot be run yet');
    const { name } = version;
    const result = await this.#engine.run({ invocation, segment: this.#segment(version), inputs, stdio, traced }, signal);
    const spans = traced ? result.spans.map((span) => traceSpan(span, name)) : [];
    const ended = { spans, droppedSpans: 0, logs: result.logs.map((log) => runOutput(log, name)) };
    if (result.kind === 'failed') {
      const items = inputs.flatMap((set) => set.items.map((item) => item.name)).slice(0, 3);
      return { kind: 'failed', ...ended, failure: describeFailure(result.failure, { function: name, application: null, items }) };
    }
    const outputs = version.spec.outputs.map((output, index) => result.outputs[0]?.[index] ?? { name: output, items: [] });
    return { kind: 'done', ...ended, outputs };
  }

  #segment(version: FunctionVersion): Segment {
    const found = this.#segments.get(version);
    if (found !== undefined) return found;
    const segment: Segment = { steps: [{ function: version.hash, inputs: [], exported: version.spec.outputs.map(() => true) }], fanOut: 1 };
    this.#segments.set(version, segment);
    return segment;
  }
}

const traceSpan = ({ startedUs, sandboxUs, computeUs, storeUs }: RunSpan, name: string): TraceSpan => ({ application: 0, function: name, run: 0, startedUs, queueUs: 0, fetchUs: 0, sandboxUs, computeUs, storeUs, cached: false });

const runOutput = ({ log }: StepLog, name: string): RunOutput => ({ function: name, ...log });
