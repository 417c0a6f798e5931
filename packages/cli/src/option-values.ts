/** Values of flags: what they may be, and what is said when they are not. */
import { InvalidArgumentError } from 'commander';

export const wholeNumber = (low: number, high: number) => (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InvalidArgumentError(`It is a whole number from ${low} to ${high}.`);
};

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It is a number above 0.');
}

const UNITS: Readonly<Record<string, number>> = { MB: 1024 ** 2, MIB: 1024 ** 2, GB: 1024 ** 3, GIB: 1024 ** 3 };

/** `512MB`, `2GB`; bytes. */
export function memorySize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([MG]i?B)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? '').toUpperCase()];
  if (match?.[1] !== undefined && unit !== undefined) return Math.floor(Number(match[1]) * unit);
  throw new InvalidArgumentError('It is a size such as 512MB or 2GB.');
}

const MAX_QUERY = 22;

/** `1,3,5-7`. */
export function queryNumbers(text: string): readonly number[] {
  const numbers = text.split(',').flatMap((part) => {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (match === null) throw new InvalidArgumentError('It is a list such as 1,3,5-7.');
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (from < 1 || to > MAX_QUERY || to < from) throw new InvalidArgumentError(`Queries have the numbers 1 to ${MAX_QUERY}.`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(numbers)];
}
