/** Rows as dbgen writes them into `.tbl` files: every value followed by `|`, then a line feed. */
import { BATCH_ROWS, MAX_TBL_ROW_BYTES } from '../limits.ts';
import type { Batch, Int32Column, Int64Column } from './columns.ts';

const PIPE = 0x7c;
const LINE_FEED = 0x0a;
const MS_PER_DAY = 86_400_000;

/** dbgen writes this DECIMAL(15,2) as a whole number. */
const WHOLE_NUMBER = 'l_quantity';

const encoder = new TextEncoder();

/** A DATE's text, `1996-01-31`. */
export const dateText = (epochDay: number): string => new Date(epochDay * MS_PER_DAY).toISOString().slice(0, 10);

/** A DECIMAL(15,2)'s text, `-0.07`. */
export function moneyText(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function numberText(column: Int64Column | Int32Column, name: string, row: number): string {
  const value = column.get(row);
  switch (column.type) {
    case 'DATE':
      return dateText(value);
    case 'DECIMAL(15,2)':
      return name === WHOLE_NUMBER ? String(value / 100) : moneyText(value);
    default:
      return String(value);
  }
}

/** Turns batches into text. The result of a call is overwritten by the next. */
export function tblEncoder(): (batch: Batch) => Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(BATCH_ROWS * MAX_TBL_ROW_BYTES);
  return (batch) => {
    let at = 0;
    for (let row = 0; row < batch.rows; row++) {
      batch.columns.forEach((column, index) => {
        if (column.kind === 'string') {
          const piece = column.bytes.subarray(column.start(row), column.ends[row]);
          out.set(piece, at);
          at += piece.length;
        } else {
          at += encoder.encodeInto(numberText(column, batch.schema[index]?.name ?? '', row), out.subarray(at)).written;
        }
        out[at++] = PIPE;
      });
      out[at++] = LINE_FEED;
    }
    return out.subarray(0, at);
  };
}
