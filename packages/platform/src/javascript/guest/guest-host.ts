/**
 * The guest's view of the host. The files of this folder run inside the sandbox, in one scope: `prelude.ts` takes the
 * text of the functions and classes that each of them lists. So they import nothing but types, share their names, and
 * have no other variables than `host`, `sizes` and `define`.
 */

export interface GuestHost {
  /** 0: standard output, 1: standard error. */
  log(stream: 0 | 1, line: string): void;
  /** The text, or null when `fatal` and the bytes are not UTF-8. */
  decode(bytes: Uint8Array, fatal: boolean): string | null;
  /** Lone surrogates must be gone. */
  encode(text: string): Uint8Array;
  /** The parts of a URL, one a line; null when it is none. With `part`, after setting that part to `value`. */
  url(input: string, base: string | undefined, part?: string, value?: string): string | null;
  random(bytes: number): Uint8Array;
}

/** Makes a global that is not enumerable, as the language's own are. */
export type Define = (name: string, value: unknown) => void;

export interface GuestSizes {
  readonly mailboxBytes: number;
  readonly ownBufferBytes: number;
  readonly randomBytes: number;
}

/** What a function is bound to at registration. */
export interface GuestBinding {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly outputItems: number;
  readonly random: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the host calls. */
export interface GuestEntry {
  readonly inbox: ArrayBuffer;
  readonly outbox: ArrayBuffer;
  /** Before the bundle is evaluated; JSON of a `GuestBinding`. */
  configure(binding: string): void;
  /** After it: null, or what is wrong with what it exports. */
  bind(namespace: Readonly<Record<string, unknown>>): string | null;
  /** One run. What it gives is described in `run.ts`. */
  run(frame: ArrayBuffer | undefined, names: string, ...own: readonly ArrayBuffer[]): unknown;
  /** The same for a run that gave `undefined`, when no job is left. */
  finish(): unknown;
}

/** A function or class whose text is part of the prelude. */
export type GuestPart = (abstract new (...values: never[]) => unknown) | ((...values: never[]) => unknown);
