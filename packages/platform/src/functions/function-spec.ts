/** What is registered of a function besides its code. */

export interface FunctionLimits {
  /** Most linear memory of one run, in bytes. */
  readonly memoryBytes: number;
  /** Longest time of one run, in ms. */
  readonly timeMs: number;
  /** Most bytes of all output items of one run, names included. */
  readonly outputBytes: number;
  /** Most output items of one run. */
  readonly outputItems: number;
  /** Most bytes kept of each of stdout and stderr; the rest is counted and dropped. */
  readonly logBytes: number;
  /** Most runs at once, over all invocations. */
  readonly concurrency: number;
}

/** Impure things that a function may see; all false or empty makes it pure. A declared clock or randomness forbids memoising. */
export interface Capabilities {
  readonly clock: boolean;
  readonly random: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

/** `wasm`: a WebAssembly module. `javascript`: one bundled ES module, run by the JavaScript engine inside the sandbox. */
export type FunctionKind = 'wasm' | 'javascript';

export interface FunctionSpec {
  readonly kind: FunctionKind;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly limits: FunctionLimits;
  readonly capabilities: Capabilities;
  /** Results are kept by function hash and input hash. */
  readonly memoize: boolean;
}

/** The content hash of code and spec: lower-case hex of SHA-256. */
export type FunctionHash = string;
