/** REGION: five rows. Seed from dbgen's rnd.h. */
import { BATCH_ROWS } from '../../limits.ts';
import { textView, type Batch, type TextView } from '../columns.ts';
import { REGIONS } from '../distributions.ts';
import { TextStream } from '../streams.ts';
import type { SourceOptions, TableSource } from '../table-source.ts';

const COMMENT_AVERAGE = 72;
const NAMES = REGIONS.map(textView);

export function regionSource({ range, pool }: SourceOptions): TableSource {
  const comment = new TextStream(1_500_869_201, pool, COMMENT_AVERAGE, range.first);
  const end = range.first + range.count;
  let region = range.first;
  return {
    fill(batch: Batch): void {
      const text = batch.string(2);
      for (; region < end && batch.rows < BATCH_ROWS; region++) {
        const row = batch.rows++;
        batch.int64(0).set(row, region);
        batch.string(1).put(row, NAMES[region] as TextView);
        comment.next(text);
        text.end(row);
        comment.endRow();
      }
    },
  };
}
