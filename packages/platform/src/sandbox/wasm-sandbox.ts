/** One WebAssembly function on this thread: an instance in its first state, an interface to speak to it, a run at a time. */
import { assert } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { Finished, GuestInterface } from './guest-interface.ts';
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

  constructor(parts: WasmSandboxParts) {
    this.mode = parts.mode;
    this.#parts = parts;
  }

  get keptBytes(): number {
    return this.#parts.instances.keptBytes + this.#parts.codeBytes;
  }

  run(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null = null): RunOutcome {
    const { instances, interface: guestInterface, spec } = this.#parts;
    assert(inputs.length === spec.inputs.length, `a run gets ${spec.inputs.length} sets`);
    const guest = instances.enter(bytesOf(inputs));
    try {
      const finished = this.#finish(guest, inputs, stdio, timer);
      const log = guestInterface.log();
      return finished.kind === 'outputs' ? { kind: 'done', outputs: finished.outputs, log } : { kind: 'failed', failure: finished.failure, log };
    } finally {
      guestInterface.forget();
      instances.leave();
    }
  }

  dispose(): void {
    this.#parts.instances.dispose();
  }

  #finish(guest: GuestInstance, inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null): Finished {
    const { interface: guestInterface } = this.#parts;
    try {
      const finished = guestInterface.run(guest, inputs, stdio, timer);
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
  for (const { items } of inputs) for (const { data } of items) bytes += data.length;
  return bytes;
}

/** A program that exits because it got no memory has met its limit. */
function withDenial(failure: RunFailure, guest: GuestInstance): RunFailure {
  if (failure.kind !== 'exit') return failure;
  const message = memoryDenial(guest);
  return message === null ? failure : { kind: 'limit', limit: 'memory', message: `${message}, and ended with exit code ${failure.code}` };
}
