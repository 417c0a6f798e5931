/**
 * Whether something grows. Memory under a collector goes up and down like a saw, as far as the collector lets it: what leaks
 * lifts the floor of the saw, and what the collector puts off does not. So growth is the line, by least squares, through the
 * floors of the second half: the least of each small window. What happens before is warming up.
 */
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
  /** Of the line through the floors, in an hour; and as a share of their median. */
  readonly hourly: number;
  readonly share: number;
}

/** An hour has windows of a minute and a half. */
const WINDOWS = 40;

export function growthOf(points: readonly Point[]): Growth {
  const part = (from: number, to: number): readonly Point[] => points.slice(Math.floor(points.length * from), Math.max(1, Math.ceil(points.length * to)));
  const valuesOf = (some: readonly Point[]): readonly number[] => some.map(({ value }) => value);
  const floors = floorsOf(part(0.5, 1), Math.max(1, Math.ceil(points.length / WINDOWS)));
  const hourly = slope(floors) * 60;
  return {
    early: median(valuesOf(part(0.25, 0.5))),
    late: median(valuesOf(part(0.75, 1))),
    most: Math.max(...valuesOf(points)),
    hourly,
    share: hourly / median(valuesOf(floors)),
  };
}

/** The least of each window; a rest that is no whole window is left out. */
function floorsOf(points: readonly Point[], window: number): readonly Point[] {
  const floors: Point[] = [];
  for (let at = 0; at + window <= points.length; at += window) floors.push(points.slice(at, at + window).reduce((least, point) => (point.value < least.value ? point : least)));
  return floors;
}

/** A minute's change. */
function slope(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ minute }) => minute), mean(({ value }) => value)];
  const spread = points.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return points.reduce((sum, { minute, value }) => sum + (minute - x) * (value - y), 0) / spread;
}
