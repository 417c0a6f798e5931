/** A compute engine whose tasks end when the test says so, and take as long as it says; aborted ones are dropped at once, or go on like those that a thread has begun. */
import { assert, type CancelSignal } from '@pappus/core';
import type { ComputeEngine, EngineStats, SegmentResult, SegmentTask, StepLog } from '../../engine/compute-engine.ts';
import type { Item } from '../../sets/item.ts';

interface Held {
  readonly task: SegmentTask;
  readonly resolve: (result: SegmentResult) => void;
}

export class HeldEngine implements Pick<ComputeEngine, 'run' | 'stats'> {
  readonly #threads: number;
  readonly #aborted: 'dropped' | 'go on';
  #held: Held[] = [];
  /** Functions of the tasks that it was given, in their order; of a segment the first one. */
  readonly given: string[] = [];

  constructor(threads: number, aborted: 'dropped' | 'go on' = 'dropped') {
    this.#threads = threads;
    this.#aborted = aborted;
  }

  stats(): EngineStats {
    return { threads: this.#threads, spares: 0, queued: 0, running: this.#held.length, processesLost: 0, threadsEnded: 0 };
  }

  /** Functions of the tasks that it has now. */
  get has(): readonly string[] {
    return this.#held.map(({ task }) => headOf(task));
  }

  run(task: SegmentTask, signal: CancelSignal): Promise<SegmentResult> {
    this.given.push(headOf(task));
    return new Promise((resolve, reject) => {
      const held = { task, resolve };
      this.#held.push(held);
      if (this.#aborted === 'go on') return;
      signal.addEventListener('abort', () => {
        this.#held = this.#held.filter((each) => each !== held);
        reject(signal.reason);
      }, { once: true });
    });
  }

  /** The oldest task of the function ends: its items come out of every step. Resolves when its result was looked at. */
  async end(name: string, busyUs = 10, logs: readonly StepLog[] = []): Promise<void> {
    const index = this.has.indexOf(name);
    assert(index >= 0, `no task of ${name} is held`);
    const [held] = this.#held.splice(index, 1);
    if (held === undefined) return;
    const { task: { segment, inputs, traced }, resolve } = held;
    const items: readonly Item[] = inputs.flatMap((set) => set.items);
    const spans = traced ? segment.steps.map((_, step) => ({ step, startedUs: 0, sandboxUs: 0, computeUs: busyUs, storeUs: 0 })) : [];
    resolve({ kind: 'done', outputs: segment.steps.map(() => [{ name: 'out', items }]), ran: segment.steps.map(() => true), spans, logs, busyUs });
    await new Promise((turn) => void setImmediate(turn));
  }
}

const headOf = ({ segment }: SegmentTask): string => segment.steps[0]?.function ?? '';
