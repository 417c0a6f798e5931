/** NATION: 25 rows. Seed from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch } from '../columns.ts';
import { NATIONS } from '../distributions.ts';
import { TextStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 72;
const ROWS = NATIONS.map(([name, regionKey]) => ({ name: textView(name), regionKey }));

export function nationSource({ range, pool }: SourceOptions): TableSource {
  const comment = new TextStream(606_179_079, pool, COMMENT_AVERAGE, range.first);
  const end = range.first + range.count;
  let nation = range.first;
  return {
    fill(batch: Batch): void {
      const text = batch.string(3);
      for (; nation < end && batch.rows < BATCH_ROWS; nation++) {
        const row = batch.rows++;
        const { name, regionKey } = ROWS[nation] as (typeof ROWS)[number];
        batch.int64(0).set(row, nation);
        batch.string(1).put(row, name);
        batch.int64(2).set(row, regionKey);
        comment.next(text);
        text.end(row);
        comment.endRow();
      }
    },
  };
}
