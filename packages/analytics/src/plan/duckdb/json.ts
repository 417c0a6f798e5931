/**
 * Reading the JSON of `json_serialize_plan` without loss: it holds integers above 2^53 and bare `nan` and `inf`.
 * Long numbers come back as strings; everything else as JSON.parse gives it.
 */
import { AppError } from '@pappus/core';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

// A string, or a number of 16 or more characters, or a word that JSON does not know.
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}|-?\b(?:nan|inf|NaN|Infinity)\b/g;

export function parsePlanJson(text: string): Json {
  const lossless = text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`));
  return JSON.parse(lossless) as Json;
}

const shapeError = (wanted: string, value: unknown): AppError =>
  new AppError('unsupported', `DuckDB's plan holds ${JSON.stringify(value)?.slice(0, 80)} where ${wanted} was expected`);

export function asObject(value: Json | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw shapeError('an object', value);
}

export function asArray(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw shapeError('a list', value);
}

export function asString(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  throw shapeError('a text', value);
}

export function asIndex(value: Json | undefined): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw shapeError('a position', value);
}

/** The list under a key; absent and null count as empty. */
export const listAt = (object: JsonObject, key: string): readonly Json[] => {
  const value = object[key];
  return value === undefined || value === null ? [] : asArray(value);
};
