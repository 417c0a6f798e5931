/**
 * Programs of WASI preview 1: `_start` reads its inputs and writes its outputs as files (`run-files.ts`), prints, and exits.
 *
 * What a pure function may not see is deterministic rather than refused, since C libraries and languages' runtimes ask for
 * it at their start: without the capability, all clocks stand at 0 and randomness is one fixed stream. There are no
 * sockets and there is nothing to wait for: those functions answer ENOSYS.
 */
import { assert } from '@pappus/core';
import { ENTER } from '../../module/guest-entry.ts';
import type { WasmImports } from '../../module/web-assembly.ts';
import type { Sets } from '../../sets/item.ts';
import type { Finished, GuestInterface, GuestRun } from '../guest-interface.ts';
import type { GuestInstance } from '../guest-instance.ts';
import { RUN_END, RunFailed } from '../run-end.ts';
import type { RunLog } from '../sandbox.ts';
import { descriptorCalls } from './descriptor-calls.ts';
import { pathCalls } from './path-calls.ts';
import { processCalls } from './process-calls.ts';
import { WASI_MODULE, WASI_NAMES } from './signatures.ts';
import type { WasiRun } from './wasi-run.ts';

export class WasiInterface implements GuestInterface {
  readonly imports: WasmImports;
  readonly #run: WasiRun;

  constructor(run: WasiRun) {
    this.#run = run;
    this.imports = wasiImports(run);
  }

  run(guest: GuestInstance, inputs: Sets, { stdio, timer }: GuestRun): Finished {
    const run = this.#run;
    run.begin(inputs, stdio);
    run.memory.attach(guest);
    guest.enter(ENTER.begin, 0);
    timer?.computing();
    guest.enter(ENTER.run, 0);
    timer?.storing();
    return this.ended() ?? this.#outputs();
  }

  ended(): Finished | null {
    const { end } = this.#run;
    if (end === null) return null;
    if ('failure' in end) return { kind: 'failure', failure: end.failure };
    if (end.exit !== 0) return { kind: 'failure', failure: { kind: 'exit', code: end.exit } };
    return this.#outputs();
  }

  #outputs(): Finished {
    try {
      return { kind: 'outputs', outputs: this.#run.outputs() };
    } catch (thrown) {
      if (thrown instanceof RunFailed) return { kind: 'failure', failure: thrown.failure };
      throw thrown;
    }
  }

  log(): RunLog | null {
    return this.#run.log();
  }

  forget(): void {
    this.#run.forget();
  }
}

/** All functions of WASI. A failure that one throws is noted first: a guest that catches everything does not go on. */
export function wasiImports(run: WasiRun): WasmImports {
  const calls: Record<string, unknown> = { ...processCalls(run), ...descriptorCalls(run), ...pathCalls(run) };
  const imports: Record<string, unknown> = {};
  for (const name of WASI_NAMES) {
    const call = calls[name];
    assert(typeof call === 'function', `the WASI function ${name} is there`);
    imports[name] = guard(run, call as (...values: unknown[]) => unknown);
  }
  return { [WASI_MODULE]: imports };
}

/** One function for each number of parameters: V8 calls those of the import's own number directly. */
function guard(run: WasiRun, call: (...values: unknown[]) => unknown): unknown {
  switch (call.length) {
    case 1:
      return (a: unknown) => guarded(run, () => call(a));
    case 2:
      return (a: unknown, b: unknown) => guarded(run, () => call(a, b));
    case 3:
      return (a: unknown, b: unknown, c: unknown) => guarded(run, () => call(a, b, c));
    case 4:
      return (a: unknown, b: unknown, c: unknown, d: unknown) => guarded(run, () => call(a, b, c, d));
    default:
      return (...values: unknown[]) => guarded(run, () => call(...values));
  }
}

function guarded(run: WasiRun, call: () => unknown): unknown {
  if (run.end !== null) throw RUN_END;
  try {
    return call();
  } catch (thrown) {
    if (!(thrown instanceof RunFailed)) throw thrown;
    run.end = { failure: thrown.failure };
    throw RUN_END;
  }
}
