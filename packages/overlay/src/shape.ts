/**
 * Checks what came off the wire. A schema library does the same, but importing one costs each worker some
 * 90 ms of start-up, a third of what it may take to be ready (docs: README, "Why no zod").
 */
import { AppError, errorMessage } from '@pappus/core';

/** Returns the value as a T, or throws `protocol` naming the field at `path`. */
export type Shape<T> = (value: unknown, path: string) => T;

const wrong = (path: string, expected: string): AppError => new AppError('protocol', `${path} is not ${expected}`);

export const text =
  (maxChars: number): Shape<string> =>
  (value, path) => {
    if (typeof value === 'string' && value.length <= maxChars) return value;
    throw wrong(path, `a text of at most ${maxChars} characters`);
  };

export const whole =
  (max: number): Shape<number> =>
  (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
    throw wrong(path, `a whole number from 0 to ${max}`);
  };

/** Exactly `byteCount` bytes as lower-case hexadecimal. */
export const hex =
  (byteCount: number): Shape<string> =>
  (value, path) => {
    if (typeof value === 'string' && value.length === byteCount * 2 && /^[0-9a-f]*$/.test(value)) return value;
    throw wrong(path, `${byteCount} bytes in hexadecimal`);
  };

export const oneOf =
  <const T extends string>(...words: readonly T[]): Shape<T> =>
  (value, path) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw wrong(path, `one of ${words.join(', ')}`);
  };

/** A value made only by its parser, such as a rank. */
export const parsed =
  <T>(parse: (value: unknown) => T): Shape<T> =>
  (value, path) => {
    try {
      return parse(value);
    } catch (error) {
      throw new AppError('protocol', `${path}: ${errorMessage(error)}`);
    }
  };

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, path) =>
    value === null ? null : shape(value, path);

export const list =
  <T>(item: Shape<T>, maxItems: number): Shape<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length > maxItems) throw wrong(path, `a list of at most ${maxItems} items`);
    return value.map((each, index) => item(each, `${path}[${index}]`));
  };

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/** An object with exactly these fields. */
export const record =
  <T extends object>(fields: Fields<T>): Shape<T> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object');
    const source = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(source)) if (!Object.hasOwn(fields, name)) throw wrong(`${path}.${name}`, 'a known field');
    const result: Partial<T> = {};
    for (const name of Object.keys(fields) as (keyof T & string)[]) result[name] = fields[name](source[name], `${path}.${name}`);
    return result as T;
  };

/** A union told apart by the field `tag`. */
export const tagged =
  <Tag extends string, T extends { readonly [K in Tag]: string }>(tag: Tag, shapes: { readonly [K in T[Tag]]: Shape<Extract<T, { readonly [P in Tag]: K }>> }): Shape<T> =>
  (value, path) => {
    const kind: unknown = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[tag] : undefined;
    if (typeof kind === 'string' && Object.hasOwn(shapes, kind)) return (shapes[kind as T[Tag]] as Shape<T>)(value, path);
    throw wrong(`${path}.${tag}`, `one of ${Object.keys(shapes).join(', ')}`);
  };
