/** Output items as a table: set, name, key, size, and the beginning of those that are text. */
import { isPrintable, printable } from '../output/printable.ts';
import { textTable, type TextColumn } from '../output/text-table.ts';
import { formatBytes } from '../output/units.ts';
import { PREVIEW_CHARS } from './limits.ts';

export interface ListedItem {
  readonly set: string;
  readonly name: string;
  readonly key: number;
  readonly bytes: number;
  /** The first bytes. */
  readonly head: Uint8Array;
}

/** Bytes of an item that a preview needs. */
export const HEAD_BYTES: number = PREVIEW_CHARS * 4;

const COLUMNS: readonly TextColumn[] = [
  { name: 'set', align: 'left' },
  { name: 'item', align: 'left' },
  { name: 'key', align: 'right' },
  { name: 'size', align: 'right' },
  { name: 'content', align: 'left' },
];

export const itemListing = (items: readonly ListedItem[]): string =>
  textTable(COLUMNS, items.map(({ set, name, key, bytes, head }) => [set, printable(name), String(key), formatBytes(bytes), preview(head, bytes)]));

/** Whether bytes can go to a terminal as they are. */
export function isText(bytes: Uint8Array): boolean {
  const text = decoded(bytes, bytes.length);
  return text !== null && isPrintable(text);
}

function preview(head: Uint8Array, bytes: number): string {
  const text = decoded(head, bytes);
  if (text === null || !isPrintable(text)) return '';
  const line = printable(text.trimEnd());
  return line.length > PREVIEW_CHARS || bytes > head.length ? `${line.slice(0, PREVIEW_CHARS)}…` : line;
}

/** Null where it is not UTF-8. The last character of a cut text may be missing its end. */
function decoded(head: Uint8Array, bytes: number): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: bytes > head.length });
  } catch {
    return null;
  }
}
