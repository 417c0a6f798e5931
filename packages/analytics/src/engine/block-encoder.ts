/** Writes the vectors of a data chunk as one block of a frame (`frame.ts`). */
import { AppError } from '@pappus/core';
import type { Native } from '../duckdb/memory.ts';
import type { Pointer } from '../duckdb/bindings.ts';
import type { Layout } from '../duckdb/layout.ts';
import type { StringCodecs } from '../duckdb/strings.ts';
import type { FrameBuilder } from './frame-builder.ts';
import { hasValidity, nodeHeaderBytes, validityBytes } from './frame.ts';

const entryWords = 4;

export class BlockEncoder {
  readonly #native: Native;
  readonly #strings: StringCodecs;
  readonly #layouts: readonly Layout[];

  constructor(native: Native, strings: StringCodecs, layouts: readonly Layout[]) {
    this.#native = native;
    this.#strings = strings;
    this.#layouts = layouts;
  }

  /** The vectors have to be flat, and lists hold nothing but their rows' items: what `RowCollector` makes. */
  encode(builder: FrameBuilder, chunk: Pointer, rows: number): void {
    builder.beginBlock(rows);
    this.#layouts.forEach((layout, column) => this.#node(builder, layout, this.#native.api.dataChunkVector(chunk, column), rows));
    builder.endBlock();
  }

  #node(builder: FrameBuilder, layout: Layout, vector: Pointer, rows: number): void {
    const { api } = this.#native;
    const validity = rows === 0 ? 0 : api.vectorValidity(vector);
    const start = builder.beginNode(validity === 0 ? 0 : hasValidity);
    if (validity !== 0) builder.append(validity, validityBytes(rows));
    switch (layout.kind) {
      case 'fixed':
        builder.append(api.vectorData(vector), rows * layout.width);
        break;
      case 'string':
        this.#stringBody(builder, layout.content, vector, rows);
        break;
      case 'list':
        this.#listBody(builder, layout.child, vector, rows, validity === 0 ? -1 : start + nodeHeaderBytes);
        break;
      case 'array':
        this.#node(builder, layout.child, api.arrayChild(vector), rows * layout.size);
        break;
      case 'struct':
        layout.children.forEach((child, index) => this.#node(builder, child, api.structChild(vector, index), rows));
        break;
    }
    builder.endNode(start);
  }

  #stringBody(builder: FrameBuilder, content: 'text' | 'bytes', vector: Pointer, rows: number): void {
    if (rows === 0) return builder.appendWords(0, 0);
    this.#strings[content].encode(vector, rows, ({ offsets, bytes, byteLength }) => {
      builder.append(offsets, (rows + 1) * 4);
      builder.append(bytes, byteLength);
    });
  }

  #listBody(builder: FrameBuilder, child: Layout, vector: Pointer, rows: number, validityAt: number): void {
    const { api } = this.#native;
    const childRows = api.listSize(vector);
    const start = builder.append(api.vectorData(vector), rows * entryWords * 4);
    const total = normaliseEntries(builder.words, start / 4, validityAt / 4, rows);
    if (total !== childRows) throw new AppError('internal', `a list vector holds ${childRows} items, its rows have ${total}`);
    builder.appendWords(childRows, 0);
    this.#node(builder, child, api.listChild(vector), childRows);
  }
}

/** Makes the entries of NULL rows, which DuckDB leaves undefined, empty ones. Returns the number of items. */
function normaliseEntries(words: Uint32Array, start: number, validity: number, rows: number): number {
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    const at = start + row * entryWords;
    const isNull = validity >= 0 && (((words[validity + (row >>> 5)] ?? 0) >>> (row & 31)) & 1) === 0;
    const length = isNull ? 0 : (words[at + 2] ?? 0);
    if (length > 0 && words[at] !== total) throw new AppError('internal', 'a list vector is not compact');
    words[at] = total;
    words[at + 1] = 0;
    words[at + 2] = length;
    words[at + 3] = 0;
    total += length;
  }
  return total;
}
