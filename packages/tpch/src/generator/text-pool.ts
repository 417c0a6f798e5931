/**
 * The 300 MiB of pseudo text that every comment is cut from. Comments of any scale factor come from all over it, so
 * it is always needed whole; it takes some 2 s of one core. A sentence depends only on the seed before it, and the
 * pool is always the same, so it is divided here into segments whose first seeds are known: threads fill it together.
 */
import { assert, defined } from '@pappus/core';
import { SLACK_BYTES } from './columns.ts';
import { MAX_SENTENCE_BYTES, writeSentences } from './text-grammar.ts';

/** dbgen's pool (text.c, TEXT_POOL_SIZE). */
export const POOL_BYTES: number = 300 * 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

export interface Segment {
  readonly start: number;
  /** The seed before the sentence at `start`. */
  readonly seed: number;
}

/** Computed once with `fillSegment` from the pool's seed on; the tests check that each segment leads to the next. */
const SEGMENTS: readonly Segment[] = [
  [0, 933_588_178], [9_835_729, 1_991_290_349], [19_670_657, 2_010_291_113], [29_506_011, 7_261_233],
  [39_341_759, 1_927_968_331], [49_177_184, 1_200_553_379], [59_012_887, 1_893_016_555], [68_847_826, 1_134_121_375],
  [78_683_171, 502_821_620], [88_519_159, 1_026_306_849], [98_354_502, 289_835_526], [108_189_983, 1_730_879_993],
  [118_024_812, 1_178_741_195], [127_860_234, 2_054_337_984], [137_629_805, 1_003_346_131], [147_464_984, 904_970_991],
  [157_300_303, 1_664_860_744], [167_135_449, 312_864_070], [176_971_035, 1_760_592_628], [186_806_532, 2_137_218_025],
  [196_642_288, 1_066_838_955], [206_477_430, 230_023_344], [216_312_047, 854_842_506], [226_147_521, 2_025_873_950],
  [235_982_966, 255_486_127], [245_818_366, 725_800_231], [255_653_813, 1_744_586_001], [265_423_704, 409_713_206],
  [275_259_389, 1_110_702_114], [285_094_723, 1_970_665_530], [294_930_308, 2_005_144_198], [304_765_540, 1_522_154_735],
].map(([start = 0, seed = 0]) => ({ start, seed }));

export const SEGMENT_COUNT: number = SEGMENTS.length;

export const segment = (index: number): Segment => defined(SEGMENTS[index], `text pool segment ${index}`);

const segmentEnd = (index: number): number => SEGMENTS[index + 1]?.start ?? POOL_BYTES;

/** Fills one segment of the pool. Returns the seed behind it. */
export function fillSegment(pool: Uint8Array, index: number): number {
  const { start, seed } = segment(index);
  const end = segmentEnd(index);
  const chunk = new Uint8Array(CHUNK_BYTES + MAX_SENTENCE_BYTES);
  const view = new DataView(chunk.buffer);
  let next = seed;
  for (let at = start; at < end; ) {
    const written = writeSentences(view, next, Math.min(CHUNK_BYTES, end - at));
    const taken = Math.min(written.bytes, end - at);
    assert(taken === written.bytes || end === POOL_BYTES, `text pool segment ${index} does not end with a sentence`);
    pool.set(chunk.subarray(0, taken), at);
    next = written.seed;
    at += taken;
  }
  return next;
}

/** An empty pool that threads can share; `createTextPool` fills one. */
export const emptyPool = (): Uint8Array<SharedArrayBuffer> => new Uint8Array(new SharedArrayBuffer(POOL_BYTES + SLACK_BYTES));
