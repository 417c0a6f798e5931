/** Values of the platform's flags. */
import { InvalidArgumentError } from 'commander';

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `250ms`, `10s`, `5m`; ms. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  const unit = TIME_UNITS[match?.[2] ?? ''];
  const ms = unit === undefined ? 0 : Math.round(Number(match?.[1]) * unit);
  if (ms >= 1) return ms;
  throw new InvalidArgumentError('It is a time such as 250ms, 10s or 5m.');
}

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `64KB`, `64MB`, `2GB`; bytes, in powers of 1024. */
export function byteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?)i?B$/i.exec(text.trim());
  const unit = SIZE_UNITS[`${(match?.[2] ?? '').toUpperCase()}B`];
  if (match !== null && unit !== undefined) return Math.floor(Number(match[1]) * unit);
  throw new InvalidArgumentError('It is a size such as 64KB, 64MB or 2GB.');
}

/** `a,b`; an empty text is no name at all. */
export function nameList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '');
  for (const name of names) if (!/^[A-Za-z_]\w*$/.test(name)) throw new InvalidArgumentError(`${JSON.stringify(name)} is no name of a set: letters, digits and '_', not beginning with a digit.`);
  return names;
}

export function variable(text: string, earlier: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError('It is NAME=VALUE.');
  return { ...earlier, [match[1] ?? '']: match[2] ?? '' };
}

/** For a flag that may be given several times. */
export const repeated = (text: string, earlier: readonly string[] = []): readonly string[] => [...earlier, text];
