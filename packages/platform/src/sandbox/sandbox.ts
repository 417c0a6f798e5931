/** The border to guest code: every isolation technique stands behind `SandboxFactory`, and passes one compliance suite. */
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { ItemSet, Sets } from '../sets/item.ts';

/** How each run gets state that no earlier run has touched. */
export type IsolationMode = 'reset' | 'pooled';

/** Why a run gave no outputs. `trap` carries what the engine knows of the place. */
export type RunFailure =
  | { readonly kind: 'trap'; readonly trap: string; readonly functionName: string | null; readonly offset: number | null }
  | { readonly kind: 'exit'; readonly code: number }
  /** A JavaScript function threw, or its promise was rejected. `stack` names the user's own lines where there is a source map. */
  | { readonly kind: 'exception'; readonly message: string; readonly stack: string }
  | { readonly kind: 'limit'; readonly limit: 'memory' | 'time' | 'output-bytes' | 'output-items' | 'stack'; readonly message: string }
  | { readonly kind: 'invalid-output'; readonly message: string };

export type LogStream = 'stdout' | 'stderr';

/** Told of what a run prints while it prints it, for the case that the run has no end: what is kept of it, which holds during the call, and how many bytes are not. */
export type Printed = (stream: LogStream, kept: Uint8Array, droppedBytes: number) => void;

export interface RunLog {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Bytes beyond the limit, which were dropped. */
  readonly droppedBytes: number;
}

export type RunOutcome =
  | { readonly kind: 'done'; readonly outputs: Sets; readonly log: RunLog | null }
  | { readonly kind: 'failed'; readonly failure: RunFailure; readonly log: RunLog | null };

/** Told of the borders between the phases of a traced run; the caller holds the clock. */
export interface RunTimer {
  /** The state is fresh and the inputs are in it: the guest's code begins. */
  computing(): void;
  /** The guest's code has ended; its outputs are read next. */
  storing(): void;
}

/** One function, ready to run on this thread, one run at a time. */
export interface Sandbox {
  readonly mode: IsolationMode;
  /**
   * Runs to the end, synchronously, in state that is indistinguishable from a new instance's. `stdio` holds `argv`,
   * `environment` and `stdin`, where the caller gave some. Output bytes are copies: the guest's memory is not seen again.
   * A time limit is not enforced here: whoever owns the thread ends it.
   */
  run(inputs: Sets, stdio: ItemSet | null, timer?: RunTimer): RunOutcome;
  /** The same, but output bytes may lie in the guest's memory: they hold until `settle`, which comes before the next run. */
  lend(inputs: Sets, stdio: ItemSet | null, timer?: RunTimer): RunOutcome;
  /** Ends what `lend` has begun; nothing where it has not. */
  settle(): void;
  /** Bytes that this sandbox keeps alive between runs, for the cache that owns it. */
  readonly keptBytes: number;
  /** Gives back its instance and its memory. It keeps its code: the next run, or `wake`, makes them again. */
  rest(): void;
  /** Makes ready for the next run what `rest` has given back. Throws when there is no memory for it. */
  wake(): void;
}

/** What registration found out about a module; kept with it, so that starting needs no second look. */
export interface ModuleReport {
  readonly mode: IsolationMode;
  /** One sentence each: why reset is safe, or why the runs are pooled. */
  readonly reasons: readonly string[];
  readonly abi: 'wasi' | 'lean' | 'javascript';
  readonly imports: readonly string[];
  readonly memory: { readonly initialPages: number; readonly maximumPages: number };
  readonly functions: number;
  /** Of all tables of a new instance: they lie on the heap of the thread. */
  readonly tableEntries: number;
}

/** A module that may be run: the bytes are rewritten ones, as the sandbox wants them. */
export interface PreparedModule {
  readonly bytes: Uint8Array;
  readonly report: ModuleReport;
}

export type Preparation =
  | { readonly kind: 'prepared'; readonly module: PreparedModule }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export interface SandboxFactory {
  /** Checks and rewrites a module at registration; all problems at once. */
  prepare(code: Uint8Array, spec: FunctionSpec): Promise<Preparation>;
  /** Compiles a prepared module on this thread and makes its first instance. */
  open(module: PreparedModule, spec: FunctionSpec): Promise<Sandbox>;
}
