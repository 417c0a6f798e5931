/**
 * Collects the rows for one receiver in a data chunk of our own until it is full, so that blocks are large however
 * thin the rows are spread, and flat and compact whatever DuckDB's chunk was. Rows are copied natively.
 */
import type { Pointer } from '../duckdb/bindings.ts';
import type { LogicalTypes } from '../duckdb/logical-types.ts';
import type { Native } from '../duckdb/memory.ts';
import type { BlockEncoder } from './block-encoder.ts';
import type { FrameBuilder } from './frame-builder.ts';
import { blockRows } from './frame.ts';

/** Rows of a chunk that belong to one receiver: `selection[from..to)` of each vector. */
export interface RowSource {
  readonly vectors: readonly Pointer[];
  readonly selection: Pointer;
}

export class RowCollector {
  readonly #native: Native;
  readonly #encoder: BlockEncoder;
  readonly #chunk: Pointer;
  readonly #vectors: readonly Pointer[];
  readonly builder: FrameBuilder;
  #rows = 0;

  constructor(native: Native, encoder: BlockEncoder, builder: FrameBuilder, types: LogicalTypes) {
    this.#native = native;
    this.#encoder = encoder;
    this.builder = builder;
    this.#chunk = native.api.createDataChunk(types.address, types.count);
    this.#vectors = Array.from({ length: types.count }, (_, column) => native.api.dataChunkVector(this.#chunk, column));
  }

  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  /** Takes rows and calls `onBlock` whenever a block went into the builder. */
  add(source: RowSource, count: number, onBlock: () => void): void {
    const copy = this.#native.api.vectorCopySel;
    let from = 0;
    while (from < count) {
      const to = Math.min(count, from + blockRows - this.#rows);
      for (let column = 0; column < this.#vectors.length; column += 1) {
        copy(source.vectors[column] ?? 0, this.#vectors[column] ?? 0, source.selection, to, from, this.#rows);
      }
      this.#rows += to - from;
      from = to;
      if (this.#rows === blockRows) this.flush(onBlock);
    }
  }

  flush(onBlock: () => void): void {
    if (this.#rows === 0) return;
    this.#native.api.dataChunkSetSize(this.#chunk, this.#rows);
    this.#encoder.encode(this.builder, this.#chunk, this.#rows);
    this.#native.api.dataChunkReset(this.#chunk);
    this.#rows = 0;
    onBlock();
  }

  close(): void {
    this.#native.destroy(this.#native.api.destroyDataChunk, this.#chunk);
  }
}
