/** What every table's generator is: something that fills batch after batch. */
import type { Batch } from './columns.ts';
import type { UnitRange } from './scale.ts';

export interface SourceOptions {
  readonly scaleFactor: number;
  /** The units to generate; the streams start there at once, however far that is. */
  readonly range: UnitRange;
  /** The text pool, filled. */
  readonly pool: Uint8Array;
}

export interface TableSource {
  /** Fills an empty batch as far as there are rows. */
  fill(batch: Batch): void;
}
