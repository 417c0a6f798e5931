/** Selection vectors: which rows of a vector a native copy takes. */
import { assert } from '@pappus/core';
import { viewOf, type Pointer } from './bindings.ts';
import type { Native } from './memory.ts';

export class Selection {
  readonly #native: Native;
  readonly handle: Pointer;
  /** The row numbers, in native memory. */
  readonly rows: Uint32Array<ArrayBuffer>;

  constructor(native: Native, capacity: number) {
    this.#native = native;
    this.handle = native.api.createSelectionVector(capacity);
    this.rows = new Uint32Array(viewOf(native.api.selectionData(this.handle), capacity * 4));
  }

  close(): void {
    this.#native.api.destroySelectionVector(this.handle);
  }
}

/** The selection of all rows, as long as anybody needed it so far. */
export class IdentitySelection {
  readonly #native: Native;
  #selection: Selection | null = null;

  constructor(native: Native) {
    this.#native = native;
  }

  upTo(rows: number): Pointer {
    if (this.#selection !== null && this.#selection.rows.length >= rows) return this.#selection.handle;
    let capacity = 2048;
    while (capacity < rows) capacity *= 2;
    this.close();
    const selection = new Selection(this.#native, capacity);
    for (let row = 0; row < capacity; row += 1) selection.rows[row] = row;
    this.#selection = selection;
    assert(selection.handle !== 0, 'DuckDB made no selection vector');
    return selection.handle;
  }

  close(): void {
    this.#selection?.close();
    this.#selection = null;
  }
}
