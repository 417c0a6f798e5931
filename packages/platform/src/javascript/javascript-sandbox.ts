/** A JavaScript function that is ready to run: its image over the base, in an instance of the thread's pool. */
import { AppError, assert, errorMessage } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { Printed, RunFailure, RunOutcome, RunTimer, Sandbox } from '../sandbox/sandbox.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { BaseImage } from './base-image.ts';
import { failureOf, takeError, trapFailure } from './guest-error.ts';
import { type HostServices, hostFunctions } from './host-functions.ts';
import { bundleOf, type FunctionImage, patchBytes } from './image.ts';
import { writeInputs } from './inputs.ts';
import type { InstancePool } from './instance-pool.ts';
import { PAGE_BYTES } from './limits.ts';
import { BoundedLog } from './log-sink.ts';
import { type Outputs, readOutputs } from './outputs.ts';
import type { Box } from './quickjs-exports.ts';
import { type EngineState, type HostCalls, type QuickJsInstance, runJobs } from './quickjs-instance.ts';
import { SourceLines, splitBundle } from './source-lines.ts';

/** A function that declares this input gets argv, environment and stdin from the composition. */
const STDIO = 'stdio';

export interface SandboxParts {
  readonly base: BaseImage;
  readonly pool: InstancePool;
  readonly image: FunctionImage;
  readonly services: HostServices;
  readonly printed: Printed | null;
}

export class JavaScriptSandbox implements Sandbox {
  readonly mode = 'reset';
  readonly keptBytes: number;
  readonly #base: BaseImage;
  readonly #pool: InstancePool;
  readonly #spec: FunctionSpec;
  readonly #image: FunctionImage;
  readonly #state: EngineState;
  readonly #maximumPages: number;
  readonly #log: BoundedLog;
  readonly #calls: HostCalls;
  #expectedPages = 0;
  #lines: SourceLines | null = null;

  constructor(parts: SandboxParts, spec: FunctionSpec) {
    const { base, image } = parts;
    this.#base = base;
    this.#pool = parts.pool;
    this.#spec = spec;
    this.#image = image;
    this.#state = { program: {}, pages: image.pages, stackPointer: base.state.stackPointer, heap: base.state.heap, patches: image.patches };
    this.#maximumPages = Math.floor(spec.limits.memoryBytes / PAGE_BYTES);
    this.#log = new BoundedLog(spec.limits.logBytes, parts.printed);
    this.#calls = hostFunctions(parts.services, this.#log, () => base.addresses.scratch);
    this.keptBytes = patchBytes(image.patches) + image.bundle.length;
  }

  run(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null = null): RunOutcome {
    assert(inputs.length === this.#spec.inputs.length, `a run gets ${this.#spec.inputs.length} sets`);
    const instance = this.#pool.lease(this.#expectedPages, this.#calls);
    let isSound = true;
    try {
      instance.restore(this.#pool.merged(this.#state), this.#maximumPages);
      const result = this.#result(instance, inputs, stdio, timer);
      const log = this.#log.take();
      return result.kind === 'outputs' ? { kind: 'done', outputs: result.sets, log } : { kind: 'failed', failure: this.#located(result.failure), log };
    } catch (thrown) {
      instance.suspect();
      const failure = trapFailure(thrown, instance.refused, this.#spec.limits.memoryBytes);
      const log = this.#log.take();
      if (failure !== null) return { kind: 'failed', failure, log };
      isSound = false;
      throw thrown instanceof AppError ? thrown : new AppError('internal', `a JavaScript sandbox failed: ${errorMessage(thrown)}`, { cause: thrown });
    } finally {
      this.#expectedPages = instance.pages;
      if (isSound) this.#pool.release(instance);
    }
  }

  /** Its outputs are copies. */
  lend(inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null = null): RunOutcome {
    return this.run(inputs, stdio, timer);
  }

  settle(): void {}

  /** The instances belong to the thread. */
  rest(): void {}

  wake(): void {}

  #result(instance: QuickJsInstance, inputs: Sets, stdio: ItemSet | null, timer: RunTimer | null): Outputs {
    const { exports } = instance;
    const { addresses } = this.#base;
    const caller = stdio ?? inputs[this.#spec.inputs.indexOf(STDIO)] ?? null;
    const { count, at } = writeInputs(instance, addresses, inputs, caller);
    timer?.computing();
    let returned: Box | null = exports.qjs_call(addresses.run, addresses.undefined, count, at);
    if (returned !== 0 && exports.qjs_is_undefined(returned) !== 0) {
      returned = runJobs(instance) ? exports.qjs_call(addresses.finish, addresses.undefined, 0, 0) : null;
    }
    timer?.storing();
    if (returned !== null && returned !== 0 && exports.qjs_is_exception(returned) === 0) return readOutputs(instance, addresses, returned, this.#spec);
    const error = takeError(instance, addresses.errorNames, addresses.scratch);
    return { kind: 'failure', failure: failureOf(error, this.#spec.limits) };
  }

  /** With the user's own lines where the bundle has a map. Read when first needed: most functions never fail. */
  #located(failure: RunFailure): RunFailure {
    if (failure.kind !== 'exception') return failure;
    this.#lines ??= new SourceLines(splitBundle(Buffer.from(bundleOf(this.#image)).toString('utf8')).map);
    return { ...failure, stack: this.#lines.stack(failure.stack) };
  }
}
