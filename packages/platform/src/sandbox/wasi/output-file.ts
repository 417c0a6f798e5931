/** A file that a run writes. Its size is charged to the run's budget before any byte is held. */
import type { OutputBudget } from '../output-budget.ts';
import { RunFailed } from '../run-end.ts';

const EMPTY = Buffer.alloc(0);

export class OutputFile {
  readonly #budget: OutputBudget;
  #bytes: Buffer = EMPTY;
  #size = 0;
  /** How often it is open; an unlinked file is charged until the last of them is closed. */
  opened = 0;
  linked = true;

  constructor(budget: OutputBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  /** The content; valid until the next write. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  write(at: number, data: Uint8Array): void {
    const { length } = data;
    const before = this.#size;
    if (at + length > before) {
      this.#extend(at + length);
      if (at > before) this.#bytes.fill(0, before, at);
    }
    this.#bytes.set(data, at);
  }

  /** New bytes are zeros. */
  resize(size: number): void {
    const before = this.#size;
    this.#extend(size);
    if (size > before) this.#bytes.fill(0, before, size);
  }

  /** New bytes are anything. */
  #extend(size: number): void {
    const failure = this.#budget.addBytes(size - this.#size);
    if (failure !== null) throw new RunFailed(failure);
    if (size > this.#bytes.length) {
      // The first write gets just its room: many outputs are written at once.
      const bytes = Buffer.allocUnsafe(this.#size === 0 ? size : Math.max(size, this.#bytes.length * 2));
      this.#bytes.copy(bytes, 0, 0, this.#size);
      this.#bytes = bytes;
    }
    this.#size = size;
  }

  /** Gives the charged bytes back when nobody can reach the file any more. */
  settle(): void {
    if (this.linked || this.opened > 0) return;
    this.#budget.addBytes(-this.#size);
    this.#size = 0;
    this.#bytes = EMPTY;
  }
}
