/** Query parameters: known ones only, numbers within their bounds. */
import { nearestName } from '@pappus/composition';
import { AppError } from '@pappus/core';

/** Throws for a parameter that is not one of `known`, with the nearest one. */
export function onlyKnown(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new AppError('invalid-argument', `there is no query parameter ${JSON.stringify(name.slice(0, 60))}`, near === null ? {} : { hint: `Did you mean ${near}?` });
  }
}

export function wholeNumber(query: URLSearchParams, name: string, initial: number, min: number, max: number): number {
  const text = query.get(name);
  if (text === null) return initial;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) throw new AppError('invalid-argument', `${name} must be a whole number from ${min} to ${max}`);
  return value;
}

export function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false') return false;
  if (text === 'true' || text === '') return true;
  throw new AppError('invalid-argument', `${name} must be true or false`);
}
