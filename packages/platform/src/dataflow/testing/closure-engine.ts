/** A compute engine in this process: functions are closures, segments run as threads run them, in a random order. */
import { defined, randomFraction, systemClock, type CancelSignal, type Random } from '@pappus/core';
import type { ComputeEngine, Segment, SegmentResult, SegmentTask } from '../../engine/compute-engine.ts';
import type { SegmentProgram } from '../../engine/segment-program.ts';
import { SegmentRunner, type OpenFunction } from '../../engine/segment-runner.ts';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { Item, Sets } from '../../sets/item.ts';

/** By output, the items that it makes of the items of each input; throws to fail. */
export type Closure = (inputs: readonly (readonly Item[])[]) => readonly (readonly Item[])[];

export interface Closed {
  readonly spec: FunctionSpec;
  readonly closure: Closure;
}

export const specOf = (inputs: readonly string[], outputs: readonly string[], changes: Partial<FunctionSpec> = {}): FunctionSpec => ({
  kind: 'wasm',
  inputs,
  outputs,
  limits: { memoryBytes: 1 << 20, timeMs: 1000, outputBytes: 1 << 20, outputItems: 10_000, logBytes: 1000, concurrency: 1000 },
  capabilities: { clock: false, random: false, environment: {} },
  memoize: false,
  ...changes,
});

export class ClosureEngine implements Pick<ComputeEngine, 'run' | 'stats'> {
  readonly #functions: ReadonlyMap<string, Closed>;
  readonly #runner = new SegmentRunner(systemClock, () => {});
  readonly #random: Random | null;
  readonly #waiting: (() => void)[] = [];
  /** Most tasks at a time that were given to it. */
  peak = 0;
  tasks = 0;
  #under = 0;

  /** Without `random`, a task is done at once. */
  constructor(functions: ReadonlyMap<string, Closed>, random: Random | null) {
    this.#functions = functions;
    this.#random = random;
  }

  stats(): ReturnType<ComputeEngine['stats']> {
    return { threads: 2, spares: 0, queued: 0, running: this.#under, processesLost: 0, threadsEnded: 0 } as ReturnType<ComputeEngine['stats']>;
  }

  async run(task: SegmentTask, signal: CancelSignal): Promise<SegmentResult> {
    this.tasks++;
    this.#under++;
    this.peak = Math.max(this.peak, this.#under);
    if (this.#random !== null) await this.#turn(this.#random);
    this.#under--;
    if (signal.aborted) throw signal.reason;
    const open = task.segment.steps.map(({ function: hash }) => this.#open(hash));
    return this.#runner.run({ program: programOf(task.segment), functions: open, inputs: task.inputs, stdio: task.stdio, traced: task.traced, lends: false }) as SegmentResult;
  }

  /** One of those that wait goes on, after a tick. */
  async #turn(random: Random): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      setImmediate(() => this.#waiting.splice(Math.floor(randomFraction(random) * this.#waiting.length), 1)[0]?.());
    });
  }

  #open(hash: string): OpenFunction {
    const { spec, closure } = defined(this.#functions.get(hash), hash);
    const run = (inputs: Sets): ReturnType<OpenFunction['sandbox']['run']> => {
      try {
        const outputs = closure(inputs.map(({ items }) => items));
        return { kind: 'done', outputs: spec.outputs.map((name, index) => ({ name, items: outputs[index] ?? [] })), log: null };
      } catch (thrown) {
        return { kind: 'failed', failure: { kind: 'trap', trap: String(thrown), functionName: hash, offset: 0 }, log: null };
      }
    };
    return { spec, sandbox: { mode: 'reset', keptBytes: 0, rest: () => {}, wake: () => {}, run, lend: run, settle: () => {} } };
  }
}

const programOf = ({ steps, fanOut }: Segment): SegmentProgram => ({ fanOut, steps: steps.map(({ inputs, exported }, index) => ({ function: index, inputs, exported })) });
