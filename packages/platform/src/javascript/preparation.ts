/** A bundle to an image: compile it, evaluate its top level once in a fresh engine, and keep what that changed. */
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { Preparation } from '../sandbox/sandbox.ts';
import { type BaseImage, evaluateBytecode } from './base-image.ts';
import { compile } from './compilation.ts';
import { describe, errorText, type GuestError, takeError, trapFailure } from './guest-error.ts';
import { newString, readString } from './guest-values.ts';
import { type HostServices, hostFunctions } from './host-functions.ts';
import { differences, encodeImage, patchBytes } from './image.ts';
import type { InstancePool } from './instance-pool.ts';
import { HEAP_SHARE_BEFORE_COLLECTING, MAX_BUNDLE_BYTES, MAX_IMAGE_BYTES, MIN_MEMORY_BYTES, PAGE_BYTES } from './limits.ts';
import { BoundedLog } from './log-sink.ts';
import { BUNDLE_FILE } from './prelude.ts';
import type { Box } from './quickjs-exports.ts';
import { heapBytes, type QuickJsInstance, runJobs } from './quickjs-instance.ts';
import { SourceLines, splitBundle } from './source-lines.ts';

export interface PreparationContext {
  readonly base: BaseImage;
  readonly pool: InstancePool;
  readonly services: HostServices;
}

export function prepareBundle(code: Uint8Array, spec: FunctionSpec, context: PreparationContext): Preparation {
  const problems = outerProblems(code, spec);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { base, pool, services } = context;
  const split = splitBundle(new TextDecoder().decode(code));
  const log = new BoundedLog(spec.limits.logBytes);
  const instance = pool.lease(0, hostFunctions(services, log, () => base.addresses.scratch));
  try {
    const job = new Job(instance, base, spec, new SourceLines(split.map));
    const problem = job.evaluate(Buffer.from(split.code));
    if (problem !== null) return { kind: 'refused', problems: [problem, ...printed(log)] };
    return job.take(code);
  } catch (thrown) {
    instance.suspect();
    const failure = trapFailure(thrown, instance.refused, spec.limits.memoryBytes);
    if (failure === null) throw thrown;
    return { kind: 'refused', problems: [failure.kind === 'limit' ? failure.message : 'the engine failed while the module was evaluated'] };
  } finally {
    pool.release(instance);
  }
}

function outerProblems(code: Uint8Array, spec: FunctionSpec): readonly string[] {
  const problems: string[] = [];
  if (code.length > MAX_BUNDLE_BYTES) problems.push(`the bundle has ${code.length} bytes, the limit is ${MAX_BUNDLE_BYTES}`);
  if (spec.limits.memoryBytes < MIN_MEMORY_BYTES) problems.push(`a JavaScript function needs a memory limit of at least ${MIN_MEMORY_BYTES} bytes, it has ${spec.limits.memoryBytes}`);
  if (!Buffer.from(code.buffer, code.byteOffset, code.length).toString('utf8').isWellFormed()) problems.push('the bundle is not UTF-8');
  return problems;
}

/** What the top level printed may explain why it failed. */
function printed(log: BoundedLog): readonly string[] {
  const text = Buffer.from(log.take()?.stderr ?? []).toString('utf8').trim();
  return text === '' ? [] : [`the module printed: ${text}`];
}

class Job {
  readonly #instance: QuickJsInstance;
  readonly #base: BaseImage;
  readonly #spec: FunctionSpec;
  readonly #lines: SourceLines;

  constructor(instance: QuickJsInstance, base: BaseImage, spec: FunctionSpec, lines: SourceLines) {
    this.#instance = instance;
    this.#base = base;
    this.#spec = spec;
    this.#lines = lines;
  }

  /** Null, or the problem. */
  evaluate(source: Buffer): string | null {
    this.#start();
    const bytecode = compile(this.#instance, { source, fileName: BUNDLE_FILE, isModule: true, traced: true }, this.#base.addresses.scratch);
    if (bytecode === null) return this.#problem(takeError(this.#instance, this.#base.addresses.errorNames, this.#base.addresses.scratch));
    // Once more from the beginning: the image should not have what compiling left behind.
    this.#start();
    return this.#configure() ?? this.#settle(evaluateBytecode(this.#instance, bytecode));
  }

  take(bundle: Uint8Array): Preparation {
    const instance = this.#instance;
    instance.exports.qjs_run_gc();
    const patches = differences(instance, this.#base.state);
    const bytes = patchBytes(patches);
    if (bytes > MAX_IMAGE_BYTES) return { kind: 'refused', problems: [`the module's top level leaves ${bytes} bytes of state, the limit is ${MAX_IMAGE_BYTES}`] };
    const report = {
      mode: 'reset' as const,
      reasons: ['each run starts from the memory that the script had when it was loaded'],
      abi: 'javascript' as const,
      imports: [],
      memory: { initialPages: instance.pages, maximumPages: this.#maximumPages() },
      functions: 1,
      tableEntries: 0,
    };
    return { kind: 'prepared', module: { bytes: encodeImage(this.#base.id, instance.pages, patches, bundle), report } };
  }

  #maximumPages(): number {
    return Math.floor(this.#spec.limits.memoryBytes / PAGE_BYTES);
  }

  #start(): void {
    this.#instance.suspect();
    const heap = heapBytes(this.#spec.limits.memoryBytes);
    this.#instance.restore(this.#base.state, this.#maximumPages());
    this.#instance.exports.qjs_set_memory_limit(heap);
    this.#instance.exports.qjs_set_gc_threshold(Math.floor(heap * HEAP_SHARE_BEFORE_COLLECTING));
  }

  #configure(): string | null {
    const { inputs, outputs, limits, capabilities } = this.#spec;
    const { random, environment } = capabilities;
    const binding = JSON.stringify({ inputs, outputs, outputItems: limits.outputItems, random, environment });
    const result = this.#call(this.#base.addresses.configure, newString(this.#instance, binding));
    return this.#instance.exports.qjs_is_exception(result) !== 0 ? this.#takeProblem() : null;
  }

  /** Runs the top level to its end and binds the exported function. */
  #settle(promise: Box): string | null {
    const { exports } = this.#instance;
    if (exports.qjs_is_exception(promise) !== 0) return this.#takeProblem();
    if (!runJobs(this.#instance)) return this.#takeProblem();
    const result = exports.qjs_promise_result(promise);
    const { addresses } = this.#base;
    switch (exports.qjs_promise_state(promise)) {
      case FULFILLED:
        return this.#bind(result);
      case REJECTED:
        return this.#problem(describe(this.#instance, result, addresses.errorNames, addresses.scratch));
      default:
        return "the module's top level never ends: it awaits a promise that nothing settles";
    }
  }

  #bind(namespace: Box): string | null {
    const { exports } = this.#instance;
    const result = this.#call(this.#base.addresses.bind, namespace);
    if (exports.qjs_is_exception(result) !== 0) return this.#takeProblem();
    return exports.qjs_is_null(result) !== 0 ? null : readString(this.#instance, result, this.#base.addresses.scratch);
  }

  #call(callee: Box, argument: Box): Box {
    const { args, undefined: self } = this.#base.addresses;
    this.#instance.view.setUint32(args, argument, true);
    return this.#instance.exports.qjs_call(callee, self, 1, args);
  }

  #takeProblem(): string {
    return this.#problem(takeError(this.#instance, this.#base.addresses.errorNames, this.#base.addresses.scratch));
  }

  /** One line with the place in the user's file first, as compilers have it. */
  #problem(error: GuestError): string {
    const missing = /^could not (?:load|normalize) module '(.*)'/.exec(error.message)?.[1];
    if (missing !== undefined) return `the module imports ${JSON.stringify(missing)}, but a function is one file: bundle it (pappus deploy does)`;
    const place = /([^\s()]+):(\d+):(\d+)\)?\s*$/.exec(error.stack.split('\n')[0] ?? '');
    const [, file, line, column] = place ?? [];
    const where = file === undefined ? BUNDLE_FILE : this.#lines.place(file, Number(line), Number(column));
    return `${where}: ${errorText(error)}`;
  }
}

const FULFILLED = 1;
const REJECTED = 2;
