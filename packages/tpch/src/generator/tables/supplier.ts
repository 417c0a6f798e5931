/**
 * SUPPLIER. One in a thousand has a comment that names the Better Business Bureau's verdict: `Customer`, some text,
 * then `Complaints` or `Recommends` (clause 4.2.3), over the pool's text. Seeds from dbgen's rnd.h.
 */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch, type StringColumn } from '../columns.ts';
import { NATIONS } from '../distributions.ts';
import { Stream } from '../lcg.ts';
import { AddressStream, NumberStream, PhoneStream, TextStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 63;
const NAME = textView('Supplier#');

const VERDICTS_PER_10000 = 10;
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const VERDICT_SUBJECT = ascii('Customer ');
const COMPLAINT = ascii('Complaints');
const RECOMMENDATION = ascii('Recommends');
const VERDICT_BYTES = VERDICT_SUBJECT.length + COMPLAINT.length;

/** The batch's columns by name, looked up once for each batch. */
const columnsOf = (batch: Batch) => ({
  key: batch.int64(0),
  name: batch.string(1),
  address: batch.string(2),
  nationKey: batch.int64(3),
  phone: batch.string(4),
  balance: batch.int64(5),
  comment: batch.string(6),
});
type Columns = ReturnType<typeof columnsOf>;

class Verdicts {
  private readonly chosen: NumberStream;
  private readonly gap: Stream;
  private readonly offset: Stream;
  private readonly kind: NumberStream;

  constructor(firstRow: number) {
    this.chosen = new NumberStream(202_794_285, 1, 10_000, firstRow);
    this.gap = new Stream(263_032_577, 1, firstRow);
    this.offset = new Stream(715_851_524, 1, firstRow);
    this.kind = new NumberStream(753_643_799, 0, 100, firstRow);
  }

  /** Writes a verdict over the comment from `start` on, for the few that have one. */
  apply(column: StringColumn, start: number): void {
    if (this.chosen.next() > VERDICTS_PER_10000) return;
    const length = column.length - start;
    const gap = this.gap.next(0, length - VERDICT_BYTES + 1);
    const at = start + this.offset.next(0, length - VERDICT_BYTES - gap + 1);
    column.bytes.set(VERDICT_SUBJECT, at);
    column.bytes.set(this.kind.next() < 50 ? COMPLAINT : RECOMMENDATION, at + VERDICT_SUBJECT.length + gap);
  }

  endRow(): void {
    for (const stream of [this.chosen, this.gap, this.offset, this.kind]) stream.endRow();
  }
}

export function supplierSource({ range, pool }: SourceOptions): TableSource {
  const { first } = range;
  const address = new AddressStream(706_178_559, first);
  const nation = new NumberStream(110_356_601, 0, NATIONS.length - 1, first);
  const phone = new PhoneStream(884_434_366, first);
  const balance = new NumberStream(962_338_209, -99_999, 999_999, first);
  const comment = new TextStream(1_341_315_363, pool, COMMENT_AVERAGE, first);
  const verdicts = new Verdicts(first);
  const streams = [address, nation, phone, balance, comment, verdicts];
  const end = first + range.count;
  let supplier = first;

  const fillRow = (columns: Columns, row: number, key: number): void => {
    const nationKey = nation.next();
    columns.key.set(row, key);
    columns.name.text(NAME);
    columns.name.digits(key, 9);
    columns.name.end(row);
    address.next(columns.address);
    columns.address.end(row);
    columns.nationKey.set(row, nationKey);
    phone.next(columns.phone, nationKey);
    columns.phone.end(row);
    columns.balance.set(row, balance.next());
    const start = columns.comment.length;
    comment.next(columns.comment);
    verdicts.apply(columns.comment, start);
    columns.comment.end(row);
    for (const stream of streams) stream.endRow();
  };

  return {
    fill(batch: Batch): void {
      const columns = columnsOf(batch);
      while (supplier < end && batch.rows < BATCH_ROWS) fillRow(columns, batch.rows++, ++supplier);
    },
  };
}
