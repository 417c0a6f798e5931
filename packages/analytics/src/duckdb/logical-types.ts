/** The logical types of some columns: native handles, their layouts, and their canonical names. */
import { assert } from '@pappus/core';
import type { ColumnType } from '../engine/fragment.ts';
import type { Pointer } from './bindings.ts';
import { layoutOf, type Layout, type TypeLayout } from './layout.ts';
import { NativeBuffer, type Native } from './memory.ts';

export class LogicalTypes {
  readonly #native: Native;
  readonly #handles: NativeBuffer;
  readonly #layouts: readonly TypeLayout[];
  readonly count: number;

  constructor(native: Native, columns: readonly ColumnType[], handleOf: (column: number) => Pointer) {
    this.#native = native;
    this.count = columns.length;
    this.#handles = new NativeBuffer(Math.max(1, columns.length) * 8);
    columns.forEach((_, column) => this.#handles.setPointer(column * 8, handleOf(column)));
    try {
      this.#layouts = columns.map(({ name }, column) => layoutOf(native, this.handle(column), name));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The address of the array of handles. */
  get address(): Pointer {
    return this.#handles.address;
  }

  get layouts(): readonly Layout[] {
    return this.#layouts.map(({ layout }) => layout);
  }

  get signatures(): readonly string[] {
    return this.#layouts.map(({ signature }) => signature);
  }

  handle(column: number): Pointer {
    const handle = this.#handles.pointerAt(column * 8);
    assert(handle !== 0, `column ${column} has a type`);
    return handle;
  }

  close(): void {
    for (let column = 0; column < this.count; column += 1) {
      this.#native.destroy(this.#native.api.destroyLogicalType, this.#handles.pointerAt(column * 8));
      this.#handles.setPointer(column * 8, 0);
    }
  }
}
