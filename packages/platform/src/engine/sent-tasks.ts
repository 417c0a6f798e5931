/**
 * What was sent to a thread and has no answer yet, by task id. Ids count up, and each is answered once and in order, so a
 * ring does; a Map that entries go through leaves a trail of old tables, whose entries then outlive their time in the
 * collector. A task may be taken back before its answer, which comes all the same.
 *
 *      answered            │ taken back or still ours        │ free
 *   ───────────────────────┼─────────────────────────────────┼──────────
 *               #answeredId│                          #lastId│                at most SLOTS between the two
 */
import { assert } from '@pappus/core';
import { MAX_TASKS_PER_THREAD } from './limits.ts';

/** Twice what may be outstanding, for those that were taken back. */
const SLOTS = 2 * MAX_TASKS_PER_THREAD;

export class SentTasks<T> {
  readonly #tasks: (T | null)[] = new Array<T | null>(SLOTS).fill(null);
  #lastId = 0;
  #answeredId = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  get hasRoom(): boolean {
    return this.#size < MAX_TASKS_PER_THREAD && this.#unanswered() < SLOTS;
  }

  /** Gives its id. */
  add(task: T): number {
    assert(this.hasRoom, 'more tasks are sent than a thread may have');
    this.#lastId = nextId(this.#lastId);
    this.#tasks[slotOf(this.#lastId)] = task;
    this.#size += 1;
    return this.#lastId;
  }

  /** Null when it was taken back or answered. */
  get(id: number): T | null {
    return this.#isUnanswered(id) ? (this.#tasks[slotOf(id)] ?? null) : null;
  }

  /** Nobody here waits for its answer any more. */
  takeBack(id: number): void {
    if (this.get(id) === null) return;
    this.#tasks[slotOf(id)] = null;
    this.#size -= 1;
  }

  /** The task that is answered next; 0 when there is none. */
  get oldestId(): number {
    return this.#unanswered() === 0 ? 0 : nextId(this.#answeredId);
  }

  /** Whether the next answer may be that to this task. */
  isNext(id: number): boolean {
    return this.#unanswered() > 0 && id === nextId(this.#answeredId);
  }

  answered(id: number): void {
    this.takeBack(id);
    this.#answeredId = id;
  }

  /** In the order in which they were sent. */
  entries(): readonly (readonly [number, T])[] {
    const found: (readonly [number, T])[] = [];
    for (let id = this.#answeredId; id !== this.#lastId; ) {
      id = nextId(id);
      const task = this.#tasks[slotOf(id)];
      if (task !== null && task !== undefined) found.push([id, task]);
    }
    return found;
  }

  #unanswered(): number {
    return (this.#lastId - this.#answeredId) >>> 0;
  }

  #isUnanswered(id: number): boolean {
    return id !== 0 && (id - this.#answeredId - 1) >>> 0 < this.#unanswered();
  }
}

const slotOf = (id: number): number => id & (SLOTS - 1);
/** Ids are unsigned 32-bit numbers; 0 is none. The one skipped id costs nothing: slots go by the id, not by a count. */
const nextId = (id: number): number => (id + 1) >>> 0 || 1;
