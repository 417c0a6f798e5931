/** Durations as users write them: `1500`, `1500ms`, `10s`, `2m`. */
import { AppError } from '@pappus/core';

const FACTORS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds, at least 1 and at most `maxMs`. */
export function parseDuration(text: string, maxMs: number): number {
  const found = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  const ms = found === null ? Number.NaN : Number(found[1]) * (FACTORS[found[2] ?? ''] ?? Number.NaN);
  if (ms > 0 && ms <= maxMs) return Math.max(1, Math.round(ms));
  throw new AppError('invalid-argument', `${JSON.stringify(text.slice(0, 40))} is no time limit: write milliseconds, or 10s, 2m, up to ${maxMs / 1000}s`);
}
