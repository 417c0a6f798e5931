/** Modules of the lean interface: `lean-layout.ts` says how sets lie in memory. They may print and ask through WASI too. */
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { ENTER } from '../../module/guest-entry.ts';
import type { WasmImports } from '../../module/web-assembly.ts';
import type { Sets } from '../../sets/item.ts';
import type { Finished, GuestInterface, GuestRun } from '../guest-interface.ts';
import type { GuestInstance } from '../guest-instance.ts';
import type { GuestMemory } from '../guest-memory.ts';
import { OutputBudget } from '../output-budget.ts';
import { RunFailed } from '../run-end.ts';
import type { RunLog } from '../sandbox.ts';
import { wasiImports } from '../wasi/wasi-interface.ts';
import type { WasiRun } from '../wasi/wasi-run.ts';
import { ALIGNMENT, inputBytes, readOutput, writeInput } from './lean-layout.ts';

export class LeanInterface implements GuestInterface {
  readonly imports: WasmImports;
  readonly #spec: FunctionSpec;
  readonly #memory: GuestMemory;
  /** What stands behind imported functions; null when there are none. Its folders are empty: sets come in memory. */
  readonly #wasi: WasiRun | null;
  readonly #budget: OutputBudget;

  constructor(spec: FunctionSpec, memory: GuestMemory, wasi: WasiRun | null) {
    this.#spec = spec;
    this.#memory = memory;
    this.#wasi = wasi;
    this.#budget = new OutputBudget(spec.limits);
    this.imports = wasi === null ? {} : wasiImports(wasi);
  }

  run(guest: GuestInstance, inputs: Sets, { stdio, timer, lends }: GuestRun): Finished {
    const memory = this.#memory;
    this.#budget.begin();
    memory.attach(guest);
    this.#wasi?.begin([], stdio);
    const bytes = inputBytes(this.#spec.inputs, inputs) + ALIGNMENT;
    const room = Number(guest.enter(ENTER.begin, bytes)) >>> 0;
    if (room === 0 || !memory.takes(room, bytes)) throw new RunFailed({ kind: 'limit', limit: 'memory', message: `pappus_alloc gave no room for the ${bytes} bytes of the input` });
    const start = Math.ceil(room / ALIGNMENT) * ALIGNMENT;
    writeInput(memory, start, this.#spec.inputs, inputs);
    timer?.computing();
    const output = Number(guest.enter(ENTER.run, start)) >>> 0;
    timer?.storing();
    const ended = this.ended();
    if (ended !== null) return ended;
    if (output === 0) throw new RunFailed({ kind: 'invalid-output', message: 'pappus_run gave no output: its result is 0' });
    return { kind: 'outputs', outputs: readOutput(memory, output, { names: this.#spec.outputs, budget: this.#budget, lends }) };
  }

  ended(): Finished | null {
    const end = this.#wasi?.end ?? null;
    if (end === null) return null;
    // There is no output without a result: an exit, whatever its code, ends the run before it.
    return { kind: 'failure', failure: 'failure' in end ? end.failure : { kind: 'exit', code: end.exit } };
  }

  log(): RunLog | null {
    return this.#wasi?.log() ?? null;
  }

  forget(): void {
    this.#memory.detach();
    this.#wasi?.forget();
  }
}
