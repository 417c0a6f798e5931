/** A file that a run writes. Its size is charged to the run's budget before any byte is held, and at most twice as many are. */
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
    const end = at + data.length;
    const before = this.#size;
    if (end > before) this.#makeRoom(end);
    if (at > before) this.#bytes.fill(0, before, at);
    this.#bytes.set(data, at);
    // Last: bytes beyond the size are anything, whatever the process held there before.
    this.#size = Math.max(before, end);
  }

  /** New bytes are zeros. */
  resize(size: number): void {
    const before = this.#size;
    this.#makeRoom(size);
    if (size > before) this.#bytes.fill(0, before, size);
    this.#size = size;
  }

  /** Charges the bytes. What is held is never more than twice of what is charged. */
  #makeRoom(size: number): void {
    const failure = this.#budget.addBytes(size - this.#size);
    if (failure !== null) throw new RunFailed(failure);
    const { length } = this.#bytes;
    // The first write gets just its room: many outputs are written at once.
    if (size > length) this.#move(this.#size === 0 ? size : Math.max(size, length * 2));
    else if (size < length / 2) this.#move(size);
  }

  #move(length: number): void {
    const old = this.#bytes;
    if (length === 0) this.#bytes = EMPTY;
    else {
      // A small piece of a shared slab keeps all of it: where pieces were given up, the others may be all that is left of many.
      this.#bytes = old !== EMPTY || this.#budget.gaveUp ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length);
      old.copy(this.#bytes, 0, 0, this.#size);
    }
    if (old !== EMPTY) this.#budget.gaveUp = true;
  }

  /** Gives the charged bytes back when nobody can reach the file any more. */
  settle(): void {
    if (this.linked || this.opened > 0) return;
    this.#budget.addBytes(-this.#size);
    this.#size = 0;
    this.#move(0);
  }
}
