/**
 * Reads the blocks of a frame into DuckDB's vectors. Frames come from the network: every length, offset and index
 * is checked here, because DuckDB's native code trusts what it is given.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { addressOf, type Pointer } from '../duckdb/bindings.ts';
import type { Layout } from '../duckdb/layout.ts';
import type { Native } from '../duckdb/memory.ts';
import type { IdentitySelection } from '../duckdb/selection.ts';
import type { StringCodecs } from '../duckdb/strings.ts';
import { releaseFrame, type Frame } from '../exchange/transport.ts';
import { blockHeaderBytes, blockRows, corrupt, frameHeaderBytes, hasValidity, nodeHeaderBytes, openFrame, padded, validityBytes } from './frame.ts';

/** Which columns of a block go where: `vectors[i]` of the chunk takes column `columns[i]`; null is not filled. */
export type Projection = readonly (number | null)[];

interface Tools {
  readonly native: Native;
  readonly strings: StringCodecs;
  readonly identity: IdentitySelection;
}

export class FrameReader {
  readonly #tools: Tools;
  readonly #layouts: readonly Layout[];
  readonly #bytes: Frame;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #address: Pointer;
  readonly rows: number;
  #blocksLeft: number;
  #rowsLeft: number;
  #at: number = frameHeaderBytes;

  constructor(tools: Tools, layouts: readonly Layout[], schema: number, frame: Frame) {
    const bytes = frame.byteOffset % 8 === 0 ? frame : frame.slice();
    const header = openFrame(bytes, schema);
    this.#tools = tools;
    this.#layouts = layouts;
    this.#bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
    this.#address = addressOf(bytes.buffer) + bytes.byteOffset;
    this.rows = header.rows;
    this.#rowsLeft = header.rows;
    this.#blocksLeft = header.blocks;
  }

  /** Fills the chunk with the next block and returns its number of rows; 0 when the frame has no more. */
  nextBlock(chunk: Pointer, projection: Projection): number {
    if (this.#blocksLeft === 0) {
      if (this.#rowsLeft !== 0 || this.#at !== this.#bytes.byteLength) throw corrupt('its blocks do not add up to its header');
      return 0;
    }
    this.#blocksLeft -= 1;
    const rows = this.#word(this.#at + 4);
    const end = this.#part(this.#at, this.#bytes.byteLength);
    if (rows === 0 || rows > blockRows || rows > this.#rowsLeft) throw corrupt(`a block has ${rows} rows`);
    this.#rowsLeft -= rows;
    const nodes = this.#nodes(this.#at + blockHeaderBytes, end, this.#layouts.length);
    const { api } = this.#tools.native;
    projection.forEach((column, index) => {
      const layout = column === null ? undefined : this.#layouts[column];
      const node = column === null ? undefined : nodes[column];
      if (layout !== undefined && node !== undefined) this.#node(layout, node, rows, api.dataChunkVector(chunk, index));
    });
    this.#at = end;
    return rows;
  }

  /** Frees the frame: its values were copied. */
  release(): void {
    releaseFrame(this.#bytes);
  }

  #word(at: number): number {
    return this.#words[at / 4] ?? 0;
  }

  /** Where the block or node that begins at `start` ends. */
  #part(start: number, limit: number): number {
    if (start + nodeHeaderBytes > limit) throw corrupt('a part is cut off');
    const length = this.#word(start);
    if (length < nodeHeaderBytes || length % 8 !== 0 || length > limit - start) throw corrupt(`a part has the length ${length}`);
    return start + length;
  }

  #nodes(start: number, limit: number, count: number): readonly { readonly start: number; readonly end: number }[] {
    const nodes = [];
    let at = start;
    for (let index = 0; index < count; index += 1) {
      const end = this.#part(at, limit);
      nodes.push({ start: at, end });
      at = end;
    }
    if (at !== limit) throw corrupt('bytes are left behind the last column');
    return nodes;
  }

  #node(layout: Layout, node: { readonly start: number; readonly end: number }, rows: number, vector: Pointer): void {
    const { native } = this.#tools;
    const flags = this.#word(node.start + 4);
    const body = node.start + nodeHeaderBytes;
    const validity = (flags & hasValidity) === 0 ? -1 : this.#take(body, validityBytes(rows), node.end);
    const at = validity < 0 ? body : body + validityBytes(rows);
    if (validity >= 0 && layout.kind !== 'string') {
      native.api.vectorEnsureValidityWritable(vector);
      native.copy(native.api.vectorValidity(vector), this.#address + validity, validityBytes(rows));
    }
    switch (layout.kind) {
      case 'fixed':
        this.#take(at, rows * layout.width, node.end);
        if (layout.below > 0) this.#checkIndexes(at, rows, layout, validity);
        if (rows > 0) native.copy(native.api.vectorData(vector), this.#address + at, rows * layout.width);
        return;
      case 'string':
        return this.#strings(layout.content, at, node.end, rows, validity, vector);
      case 'list':
        return this.#list(layout.child, at, node.end, rows, vector);
      case 'array':
        return this.#node(layout.child, { start: at, end: this.#whole(at, node.end) }, rows * layout.size, native.api.arrayChild(vector));
      case 'struct':
        this.#nodes(at, node.end, layout.children.length).forEach((child, index) => {
          const childLayout = layout.children[index];
          if (childLayout !== undefined) this.#node(childLayout, child, rows, native.api.structChild(vector, index));
        });
    }
  }

  #take(at: number, bytes: number, end: number): number {
    if (padded(bytes) > end - at) throw corrupt('a column is shorter than its rows need');
    return at;
  }

  #whole(at: number, end: number): number {
    if (this.#part(at, end) !== end) throw corrupt('bytes are left behind the items of a column');
    return end;
  }

  #isNull(validity: number, row: number): boolean {
    return validity >= 0 && (((this.#words[validity / 4 + (row >>> 5)] ?? 0) >>> (row & 31)) & 1) === 0;
  }

  /** DuckDB looks ENUM values, BOOLEANs and union tags up without a check. */
  #checkIndexes(at: number, rows: number, layout: Layout & { readonly kind: 'fixed' }, validity: number): void {
    const start = this.#bytes.byteOffset + at;
    const View = layout.width === 1 ? Uint8Array : layout.width === 2 ? Uint16Array : Uint32Array;
    const values = new View(this.#bytes.buffer, start, rows);
    for (let row = 0; row < rows; row += 1) {
      if ((values[row] ?? 0) >= layout.below && !this.#isNull(validity, row)) throw corrupt(`a value is not below ${layout.below}`);
    }
  }

  #strings(content: 'text' | 'bytes', at: number, end: number, rows: number, validity: number, vector: Pointer): void {
    this.#take(at, (rows + 1) * 4, end);
    const bytesAt = at + padded((rows + 1) * 4);
    const total = this.#checkOffsets(at / 4, rows, end - bytesAt);
    if (content === 'text' && total > 0) this.#checkText(bytesAt, total, at / 4, rows);
    if (rows === 0) return;
    const { native, identity } = this.#tools;
    const mask = validity < 0 ? 0 : this.#address + validity;
    this.#tools.strings[content].decode(rows, mask, { offsets: this.#address + at, bytes: this.#address + bytesAt }, (decoded) => {
      native.api.vectorCopySel(decoded, vector, identity.upTo(rows), rows, 0, 0);
    });
  }

  #checkOffsets(at: number, rows: number, available: number): number {
    const words = this.#words;
    let last = words[at] ?? 0;
    let falling = last !== 0;
    for (let row = 1; row <= rows; row += 1) {
      const offset = words[at + row] ?? 0;
      falling ||= offset < last;
      last = offset;
    }
    if (falling || last > available) throw corrupt('the offsets of a string column are wrong');
    return last;
  }

  /** DuckDB's string functions read whole characters, so text has to be UTF-8 row by row. */
  #checkText(bytesAt: number, total: number, offsetsAt: number, rows: number): void {
    const text = this.#bytes.subarray(bytesAt, bytesAt + total);
    if (isAscii(text)) return;
    if (!isUtf8(text)) throw corrupt('a text column is not UTF-8');
    for (let row = 1; row < rows; row += 1) {
      const offset = this.#words[offsetsAt + row] ?? 0;
      if (offset < total && ((text[offset] ?? 0) & 0xc0) === 0x80) throw corrupt('a text column is cut within a character');
    }
  }

  #list(child: Layout, at: number, end: number, rows: number, vector: Pointer): void {
    const { native } = this.#tools;
    const countAt = this.#take(at, rows * 16 + 8, end) + rows * 16;
    const childRows = this.#word(countAt);
    // Every item takes a byte at least. A reservation that fails in native code would end the process.
    if (childRows > end - countAt) throw corrupt(`a list column claims ${childRows} items`);
    this.#checkEntries(at / 4, rows, childRows);
    const node = { start: countAt + 8, end: this.#whole(countAt + 8, end) };
    if (rows > 0) native.copy(native.api.vectorData(vector), this.#address + at, rows * 16);
    native.api.listReserve(vector, childRows);
    native.api.listSetSize(vector, childRows);
    this.#node(child, node, childRows, native.api.listChild(vector));
  }

  #checkEntries(at: number, rows: number, childRows: number): void {
    const words = this.#words;
    let total = 0;
    for (let row = 0; row < rows; row += 1) {
      const entry = at + row * 4;
      if (words[entry] !== total || words[entry + 1] !== 0 || words[entry + 3] !== 0) throw corrupt('the entries of a list column are wrong');
      total += words[entry + 2] ?? 0;
    }
    if (total !== childRows) throw corrupt('the items of a list column do not add up');
  }
}
