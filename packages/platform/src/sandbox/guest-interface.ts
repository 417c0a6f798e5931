/** The two ways in (WASI and the lean interface) as a sandbox sees them. */
import type { WasmImports } from '../module/web-assembly.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { GuestInstance } from './guest-instance.ts';
import type { RunFailure, RunLog, RunTimer } from './sandbox.ts';

export type Finished = { readonly kind: 'outputs'; readonly outputs: Sets } | { readonly kind: 'failure'; readonly failure: RunFailure };

/** One run, as its caller wants it. */
export interface GuestRun {
  readonly stdio: ItemSet | null;
  readonly timer: RunTimer | null;
  /** Outputs may lie in the guest's memory. */
  readonly lends: boolean;
}

export interface GuestInterface {
  readonly imports: WasmImports;
  /** Writes the inputs, runs, reads the outputs. What the guest throws passes through. */
  run(guest: GuestInstance, inputs: Sets, run: GuestRun): Finished;
  /** Whether the run had ended before what was thrown: then this is how. */
  ended(): Finished | null;
  log(): RunLog | null;
  /** Lets go of everything that belongs to the run. */
  forget(): void;
}
