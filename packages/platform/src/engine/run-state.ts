/**
 * What a thread does right now, in memory that it shares with the main thread of its process: guest code may loop for
 * ever, so nobody can be asked. The main thread recognises a run by its count, and ends the thread when the same run is
 * still there after its time. In the other direction a recall says which tasks are not to begin any more.
 *
 * A task begins by `task = id`, then reads the recall; the recaller writes the recall, then reads `task`. Both orders
 * are sequentially consistent, so either the thread sees the recall or the recaller sees the task.
 */
import type { LogStream } from '../sandbox/sandbox.ts';
import type { StepLog } from './compute-engine.ts';
import { LastWords } from './last-words.ts';
import { MAX_TASKS_PER_THREAD } from './limits.ts';

const word = { task: 0, runs: 1, limitMs: 2, step: 3, recall: 4 } as const;
const WORDS = 5;

export interface RunningNow {
  /** 0 between tasks. */
  readonly task: number;
  readonly step: number;
  /** Counts up with every run. */
  readonly runs: number;
  /** 0 when nothing runs that has a limit. */
  readonly limitMs: number;
}

export class RunState {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #printed: LastWords;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4 + LastWords.BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#printed = new LastWords(memory, WORDS * 4);
  }

  /** False when the task was recalled. A recall far away is one of an earlier round of the 32-bit ids. */
  beginTask(task: number): boolean {
    Atomics.store(this.#words, word.task, task);
    this.#printed.clear();
    const ahead = (Atomics.load(this.#words, word.recall) - task) >>> 0;
    return ahead >= MAX_TASKS_PER_THREAD * 2 || Atomics.load(this.#words, word.recall) === 0;
  }

  beginRun(step: number, limitMs: number): void {
    const words = this.#words;
    Atomics.store(words, word.step, step);
    Atomics.store(words, word.limitMs, limitMs);
    Atomics.add(words, word.runs, 1);
  }

  endTask(): void {
    Atomics.store(this.#words, word.limitMs, 0);
    Atomics.store(this.#words, word.task, 0);
  }

  /** What the run that is under way prints. */
  printed(stream: LogStream, kept: Uint8Array, droppedBytes: number): void {
    this.#printed.add(this.#words[word.step] as number, stream, kept, droppedBytes);
  }

  /** What the task has printed so far; nothing where the thread has gone on to another one, whose words these would be. */
  lastWords(task: number): readonly StepLog[] {
    const logs = this.#printed.read();
    return this.now().task === task ? logs : [];
  }

  /** Lets no task up to `upTo` begin; gives the one that has, or 0. */
  recall(upTo: number): number {
    Atomics.store(this.#words, word.recall, upTo | 0);
    return Atomics.load(this.#words, word.task) >>> 0;
  }

  now(): RunningNow {
    const words = this.#words;
    return {
      task: Atomics.load(words, word.task) >>> 0,
      step: Atomics.load(words, word.step),
      runs: Atomics.load(words, word.runs),
      limitMs: Atomics.load(words, word.limitMs),
    };
  }
}
