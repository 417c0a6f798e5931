/**
 * What a function in TypeScript or JavaScript takes and gives:
 *
 *     export default function ({ words }: Inputs<'words'>): Outputs<'counts'> {
 *       return { counts: { total: words.length } };
 *     }
 *
 * A function is pure. There is no file, network, timer or thread; `Date.now()` is 0 and `Math.random()` gives the same
 * sequence in every run, unless the function was deployed with the capability `clock` or `random`. What its top level
 * computes is computed once, at deployment, and every run starts from there; nothing else is kept from run to run.
 *
 * Besides the language (ES2024, without `Intl`) there are `console`, `TextEncoder` and `TextDecoder` for UTF-8, `URL`,
 * `URLSearchParams`, `structuredClone`, `queueMicrotask`, `atob`, `btoa`, `performance`, `DOMException`, and
 * `crypto.getRandomValues` and `crypto.randomUUID` with the capability `random`.
 */

/** An item of an input set. */
export interface InputItem {
  readonly name: string;
  /** Groups items for `keyed`: a whole number from 0 to 2^32 - 1. */
  readonly key: number;
  /** Its buffer is its own; changing it changes nothing outside. */
  readonly data: Uint8Array;
  /** `data` as UTF-8, without a byte order mark. */
  text(): string;
  /** `data` as JSON. */
  json(): unknown;
}

/** Bytes as they are, text as UTF-8, anything else as JSON. */
export type OutputData = Uint8Array | ArrayBuffer | ArrayBufferView | string | object | number | boolean | null;

export interface OutputItem {
  readonly name: string;
  /** 0 where it is left out. */
  readonly key?: number;
  readonly data: OutputData;
}

/** Items, or an object from their names to their data. */
export type OutputSet = readonly OutputItem[] | { readonly [name: string]: OutputData };

/** Every set that the function was deployed with, also an empty one. */
export type Inputs<Sets extends string = string> = { readonly [set in Sets]: readonly InputItem[] };

/** A set that is left out is empty. */
export type Outputs<Sets extends string = string> = { readonly [set in Sets]?: OutputSet };

/** The second argument of a function (the default export of its module, or its export `run`): what the caller of an invocation gave besides the sets. */
export interface RunContext {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
}
