/** Whether something grows: the line through the samples of the second half, by least squares. What happens before is warming up. */
import { median } from '../harness/rounds.ts';

export interface Point {
  readonly minute: number;
  readonly value: number;
}

export interface Growth {
  /** Medians of the second quarter and of the last one. */
  readonly early: number;
  readonly late: number;
  /** Over all samples. */
  readonly most: number;
  /** By the line, in an hour; and as a share of the median. */
  readonly hourly: number;
  readonly share: number;
}

export function growthOf(points: readonly Point[]): Growth {
  const part = (from: number, to: number): readonly Point[] => points.slice(Math.floor(points.length * from), Math.max(1, Math.ceil(points.length * to)));
  const valuesOf = (some: readonly Point[]): readonly number[] => some.map(({ value }) => value);
  const settled = part(0.5, 1);
  const hourly = slope(settled) * 60;
  return {
    early: median(valuesOf(part(0.25, 0.5))),
    late: median(valuesOf(part(0.75, 1))),
    most: Math.max(...valuesOf(points)),
    hourly,
    share: hourly / median(valuesOf(settled)),
  };
}

/** A minute's change. */
function slope(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ value }) => value)];
  const spread = points.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return points.reduce((sum, { minute, value }) => sum + (minute - x) * (value - y), 0) / spread;
}
