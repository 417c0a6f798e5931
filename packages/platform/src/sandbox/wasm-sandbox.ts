/** One WebAssembly function on this thread: an instance in its first state, an interface to speak to it, a run at a time. */
import { assert } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import { bytesOfItem } from '../sets/far-item.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { Finished, GuestInterface, GuestRun } from './guest-interface.ts';
import type { GuestInstance, InstanceSource } from './guest-instance.ts';
import { RUN_END, RunFailed } from './run-end.ts';
import type { IsolationMode, RunFailure, RunOutcome, RunTimer, Sandbox } from './sandbox.ts';
import { failureOf, memoryDenial } from './trap.ts';

export interface WasmSandboxParts {
  readonly mode: IsolationMode;
  readonly spec: FunctionSpec;
  readonly instances: InstanceSource;
  readonly interface: GuestInterface;
  /** Bytes of the module and its code, roughly. */
  readonly codeBytes: number;
}

export class WasmSandbox implements Sandbox {
  readonly mode: IsolationMode;
  readonly #parts: WasmSandboxParts;
  /** A run has begun that is not settled. */
  #runs = false;

  constructor(parts: WasmSandboxParts) {
    this.mode = parts.mode;
    this.#parts = parts;
  }

  get keptBytes(): number {
    return this.#parts.instances.keptBytes + this.#parts.codeBytes;
  }

  run(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null = null): RunOutcome {
    try {
      return this.#go(inputs, stdio, timer, false);
    } finally {
      this.settle();
    }
  }

  lend(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null = null): RunOutcome {
    try {
      const outcome = this.#go(inputs, stdio, timer, true);
      this.#parts.instances.ended?.();
      return outcome;
    } catch (thrown) {
      this.settle();
      throw thrown;
    }
  }

  settle(): void {
    if (!this.#runs) return;
    this.#runs = false;
    this.#parts.interface.forget();
    this.#parts.instances.leave();
  }

  rest(): void {
    this.settle();
    this.#parts.instances.rest();
  }

  wake(): void {
    this.#parts.instances.wake();
  }

  #go(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null, lends: boolean): RunOutcome {
    const { instances, interface: guestInterface, spec } = this.#parts;
    assert(inputs.length === spec.inputs.length, `a run gets ${spec.inputs.length} sets`);
    assert(!this.#runs, 'a run is settled before the next one');
    const guest = instances.enter(bytesOf(inputs));
    this.#runs = true;
    const finished = this.#finish(guest, inputs, { stdio, timer, lends });
    const log = guestInterface.log();
    return finished.kind === 'outputs' ? { kind: 'done', outputs: finished.outputs, log } : { kind: 'failed', failure: finished.failure, log };
  }

  #finish(guest: GuestInstance, inputs: Sets, run: GuestRun): Finished {
    const { interface: guestInterface } = this.#parts;
    const { timer } = run;
    try {
      const finished = guestInterface.run(guest, inputs, run);
      return finished.kind === 'outputs' ? finished : { kind: 'failure', failure: withDenial(finished.failure, guest) };
    } catch (thrown) {
      timer?.storing();
      if (thrown instanceof RunFailed) return { kind: 'failure', failure: withDenial(thrown.failure, guest) };
      const ended = guestInterface.ended();
      if (ended !== null) return ended.kind === 'outputs' ? ended : { kind: 'failure', failure: withDenial(ended.failure, guest) };
      assert(thrown !== RUN_END, 'a run that was ended says how');
      return { kind: 'failure', failure: failureOf(thrown, guest) };
    }
  }
}

function bytesOf(inputs: Sets): number {
  let bytes = 0;
  for (const { items } of inputs) for (const item of items) bytes += bytesOfItem(item);
  return bytes;
}

/** A program that exits because it got no memory has met its limit. */
function withDenial(failure: RunFailure, guest: GuestInstance): RunFailure {
  if (failure.kind !== 'exit') return failure;
  const message = memoryDenial(guest);
  return message === null ? failure : { kind: 'limit', limit: 'memory', message: `${message}, and ended with exit code ${failure.code}` };
}
