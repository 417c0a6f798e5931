/** Reads frames whose columns are all VARCHAR: the form in which a query's result reaches the driver, which runs no engine. */
import { corrupt, blockHeaderBytes, frameHeaderBytes, hasValidity, nodeHeaderBytes, openFrame, padded, schemaOf, validityBytes } from '../engine/frame.ts';
import type { Frame } from '../exchange/transport.ts';

export type TextRow = readonly (string | null)[];

const decoder = new TextDecoder('utf-8', { fatal: true });

export function decodeTextFrame(frame: Frame, columns: number): TextRow[] {
  const header = openFrame(frame, schemaOf(Array.from({ length: columns }, () => 'VARCHAR')));
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const rows: (string | null)[][] = [];
  let at = frameHeaderBytes;
  for (let block = 0; block < header.blocks; block++) {
    const length = word(view, at);
    const blockRows = word(view, at + 4);
    if (length < blockHeaderBytes || at + length > frame.byteLength) throw corrupt('a block is longer than its frame');
    rows.push(...decodeBlock(frame, view, at + blockHeaderBytes, blockRows, columns));
    at += length;
  }
  if (rows.length !== header.rows) throw corrupt(`it has ${rows.length} rows, its header says ${header.rows}`);
  return rows;
}

function decodeBlock(frame: Frame, view: DataView, start: number, rowCount: number, columns: number): (string | null)[][] {
  const rows = Array.from({ length: rowCount }, () => new Array<string | null>(columns).fill(null));
  let at = start;
  for (let column = 0; column < columns; column++) {
    const [length, flags] = [word(view, at), word(view, at + 4)];
    const validity = (flags & hasValidity) === 0 ? null : at + nodeHeaderBytes;
    const offsets = at + nodeHeaderBytes + (validity === null ? 0 : validityBytes(rowCount));
    const bytes = offsets + padded((rowCount + 1) * 4);
    for (let row = 0; row < rowCount; row++) {
      if (validity !== null && ((view.getUint8(validity + (row >> 3)) >> (row & 7)) & 1) === 0) continue;
      const [from, to] = [word(view, offsets + row * 4), word(view, offsets + row * 4 + 4)];
      if (from > to || bytes + to > frame.byteLength) throw corrupt('a text lies outside its frame');
      (rows[row] as (string | null)[])[column] = decoder.decode(frame.subarray(bytes + from, bytes + to));
    }
    at += length;
  }
  return rows;
}

function word(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw corrupt('it ends too early');
  return view.getUint32(at, true);
}
