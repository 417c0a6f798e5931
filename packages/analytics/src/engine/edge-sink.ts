/** One output edge of a fragment: routes the rows of each result chunk to the edge's consumers, as frames. */
import { AppError, assert } from '@pappus/core';
import type { Pointer } from '../duckdb/bindings.ts';
import type { LogicalTypes } from '../duckdb/logical-types.ts';
import { NativeBuffer, type Native } from '../duckdb/memory.ts';
import { IdentitySelection, Selection } from '../duckdb/selection.ts';
import type { Frame } from '../exchange/transport.ts';
import type { BlockEncoder } from './block-encoder.ts';
import type { FragmentOutput, Routing } from './fragment.ts';
import { FrameBuilder } from './frame-builder.ts';
import { blockRows } from './frame.ts';
import { engineLimits } from './limits.ts';
import { RowCollector } from './row-collector.ts';

/** Where finished frames go; blocks while there is no room. `consumer` null means every consumer. */
export type FrameConsumer = (edge: number, consumer: number | null, frame: Frame, rows: number) => void;

export interface ResultShape {
  readonly encoder: BlockEncoder;
  readonly schema: number;
  /** Of the data columns. */
  readonly types: LogicalTypes;
  /** True when vectors of a chunk can be encoded as they are: no list whose items may be anywhere. */
  readonly flat: boolean;
}

/** A chunk of this many rows is worth a block of its own. */
const directRows = blockRows / 2;

export class EdgeSink {
  readonly #native: Native;
  readonly #output: FragmentOutput;
  readonly #shape: ResultShape;
  readonly #emit: FrameConsumer;
  readonly #targetBytes: number;
  readonly #identity: IdentitySelection;
  readonly #collectors: readonly RowCollector[];
  readonly #selections: readonly Selection[];
  readonly #counts: Uint32Array;
  readonly #targets: NativeBuffer = new NativeBuffer(blockRows * 2);
  readonly #targetRows: Uint16Array<ArrayBuffer> = new Uint16Array(this.#targets.buffer);

  constructor(native: Native, output: FragmentOutput, shape: ResultShape, emit: FrameConsumer) {
    const scatters = output.routing.kind === 'column' && output.consumers > 1;
    const receivers = scatters ? output.consumers : 1;
    this.#native = native;
    this.#output = output;
    this.#shape = shape;
    this.#emit = emit;
    this.#targetBytes = frameTarget(receivers);
    this.#identity = new IdentitySelection(native);
    const collector = (): RowCollector =>
      new RowCollector(native, shape.encoder, new FrameBuilder(native, shape.schema, this.#targetBytes), shape.types);
    this.#collectors = Array.from({ length: receivers }, collector);
    this.#selections = scatters ? this.#collectors.map(() => new Selection(native, blockRows)) : [];
    this.#counts = new Uint32Array(receivers);
  }

  /** Takes all rows of a chunk; `vectors` are its data columns. */
  write(chunk: Pointer, vectors: readonly Pointer[], rows: number): void {
    const { routing } = this.#output;
    if (routing.kind === 'column' && this.#output.consumers > 1) this.#scatter(chunk, routing.column, vectors, rows);
    else this.#gather(chunk, vectors, rows);
  }

  /** Sends what is left. */
  finish(): void {
    this.#collectors.forEach((collector, receiver) => {
      collector.flush(() => undefined);
      this.#send(receiver);
    });
  }

  close(): void {
    for (const collector of this.#collectors) collector.close();
    for (const selection of this.#selections) selection.close();
    this.#identity.close();
  }

  #gather(chunk: Pointer, vectors: readonly Pointer[], rows: number): void {
    const collector = this.#collectors[0];
    assert(collector !== undefined, 'an edge has a collector');
    if (this.#shape.flat && rows >= directRows && collector.isEmpty) {
      this.#shape.encoder.encode(collector.builder, chunk, rows);
      this.#sendWhenFull(0);
    } else {
      collector.add({ vectors, selection: this.#identity.upTo(rows) }, rows, () => this.#sendWhenFull(0));
    }
  }

  #scatter(chunk: Pointer, column: number, vectors: readonly Pointer[], rows: number): void {
    this.#readTargets(chunk, column, rows);
    const counts = this.#counts.fill(0);
    const targets = this.#targetRows;
    const rowsOf = this.#selections.map((selection) => selection.rows);
    for (let row = 0; row < rows; row += 1) {
      const target = targets[row] ?? 0;
      const list = rowsOf[target];
      if (list === undefined) throw new AppError('internal', `a row of edge ${this.#output.edge} is routed to consumer ${target} of ${this.#output.consumers}`);
      const count = counts[target] ?? 0;
      list[count] = row;
      counts[target] = count + 1;
    }
    this.#collectors.forEach((collector, receiver) => {
      const selection = this.#selections[receiver]?.handle ?? 0;
      collector.add({ vectors, selection }, counts[receiver] ?? 0, () => this.#sendWhenFull(receiver));
    });
  }

  /** Copies the routing column to where JavaScript reads it. */
  #readTargets(chunk: Pointer, column: number, rows: number): void {
    const { api, copy } = this.#native;
    const vector = api.dataChunkVector(chunk, column);
    const validity = api.vectorValidity(vector);
    if (validity !== 0) {
      copy(this.#targets.address, validity, Math.ceil(rows / 8));
      for (let row = 0; row < rows; row += 1) {
        const valid = ((this.#targets.bytes[row >>> 3] ?? 0) >>> (row & 7)) & 1;
        if (valid === 0) throw new AppError('internal', `the routing column of edge ${this.#output.edge} is NULL in a row`);
      }
    }
    copy(this.#targets.address, api.vectorData(vector), rows * 2);
  }

  #sendWhenFull(receiver: number): void {
    const builder = this.#collectors[receiver]?.builder;
    if (builder !== undefined && builder.byteLength >= this.#targetBytes) this.#send(receiver);
  }

  #send(receiver: number): void {
    const builder = this.#collectors[receiver]?.builder;
    const rows = builder?.rows ?? 0;
    const frame = builder?.finish() ?? null;
    if (frame !== null) this.#emit(this.#output.edge, consumerOf(this.#output.routing, receiver), frame, rows);
  }
}

function consumerOf(routing: Routing, receiver: number): number | null {
  switch (routing.kind) {
    case 'column':
      return receiver;
    case 'all':
      return null;
    case 'one':
      return routing.consumer;
  }
}

function frameTarget(receivers: number): number {
  const share = Math.floor(engineLimits.stagingBytes / receivers / 8) * 8;
  return Math.min(engineLimits.frameTargetBytes, Math.max(engineLimits.frameMinimumBytes, share));
}
