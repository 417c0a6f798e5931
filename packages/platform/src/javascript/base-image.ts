/**
 * The state that every function starts from: the engine with the prelude evaluated. It is the same to the byte wherever
 * it is made, so a function's own state is kept and stored as the difference from it.
 */
import { createHash } from 'node:crypto';
import { assert } from '@pappus/core';
import { compile } from './compilation.ts';
import type { ErrorNames } from './guest-error.ts';
import { allocate, boxed, newCString, type Scratch, SCRATCH_BYTES, scratchAt } from './guest-values.ts';
import { GUEST_STACK_BYTES, PAGE_BYTES } from './limits.ts';
import { HOST_FUNCTIONS, PRELUDE } from './prelude.ts';
import { BUILD_ID } from './quickjs-build.ts';
import type { Address, Box } from './quickjs-exports.ts';
import { type EngineState, type HostCalls, IMAGE_START, QuickJsInstance } from './quickjs-instance.ts';

/** Where the host finds its things in the guest: the same in all images, since all come from the base. */
export interface BaseAddresses {
  readonly context: Address;
  readonly scratch: Scratch;
  /** Room for the boxes of a call's arguments. */
  readonly args: Address;
  readonly errorNames: ErrorNames;
  readonly undefined: Box;
  readonly inbox: Address;
  readonly outbox: Address;
  readonly configure: Box;
  readonly bind: Box;
  readonly run: Box;
  readonly finish: Box;
}

export interface BaseImage {
  /** Hash of build and bytes: an image made on another base does not fit. */
  readonly id: string;
  readonly state: EngineState;
  readonly addresses: BaseAddresses;
}

/** Arguments that fit into `BaseAddresses.args`. */
export const MAX_FIXED_ARGS = 8;
/** Enough for the prelude. */
const BASE_PAGES = 64;
const NO_HOST: HostCalls = { call: (instance) => instance.exports.qjs_get_undefined(), clockNs: () => 0n };

/** Takes some 20 ms, once per thread. */
export function makeBaseImage(): BaseImage {
  const bytecode = compilePrelude();
  // In an instance that has compiled nothing: what compiling leaves on the heap would be copied before every run.
  const instance = startEngine();
  const addresses = evaluatePrelude(instance, bytecode);
  instance.exports.qjs_run_gc();
  const heap = new Uint8Array(instance.bytes.subarray(IMAGE_START, instance.pages * PAGE_BYTES));
  const state: EngineState = { program: {}, pages: instance.pages, stackPointer: instance.exports.__stack_pointer.value, heap: trimmed(heap), patches: [] };
  return { id: createHash('sha256').update(BUILD_ID).update(state.heap).digest('hex').slice(0, 16), state, addresses };
}

function startEngine(): QuickJsInstance {
  const instance = new QuickJsInstance(NO_HOST);
  instance.maximumPages = BASE_PAGES;
  instance.exports._initialize();
  assert(instance.exports.qjs_init() === 0, 'the JavaScript engine does not start');
  instance.exports.qjs_set_max_stack_size(GUEST_STACK_BYTES);
  return instance;
}

function compilePrelude(): Uint8Array {
  const instance = startEngine();
  const scratch = scratchAt(allocate(instance, SCRATCH_BYTES));
  const result = compile(instance, { source: Buffer.from(PRELUDE), fileName: 'prelude', isModule: false, traced: false }, scratch);
  assert(result !== null, 'the prelude does not compile');
  return result;
}

function evaluatePrelude(instance: QuickJsInstance, bytecode: Uint8Array): BaseAddresses {
  const { exports } = instance;
  const scratch = scratchAt(allocate(instance, SCRATCH_BYTES));
  const args = allocate(instance, MAX_FIXED_ARGS * 4);
  const undefinedBox = exports.qjs_get_undefined();
  const install = evaluateBytecode(instance, bytecode);
  HOST_FUNCTIONS.forEach((name, index) => {
    const { at, length } = newCString(instance, name);
    instance.view.setUint32(args + index * 4, boxed(exports.qjs_new_host_function(at, length, 0)), true);
  });
  const entry = exports.qjs_call(install, undefinedBox, HOST_FUNCTIONS.length, args);
  assert(exports.qjs_is_object(entry) !== 0, 'the prelude fails');
  const property = (name: string): Box => boxed(exports.qjs_get_prop_string(entry, newCString(instance, name).at));
  const buffer = (name: string): Address => exports.qjs_get_array_buffer(property(name), scratch.first);
  return {
    context: exports.qjs_get_context_ptr(),
    scratch,
    args,
    errorNames: { name: newCString(instance, 'name').at, message: newCString(instance, 'message').at, stack: newCString(instance, 'stack').at },
    undefined: undefinedBox,
    inbox: buffer('inbox'),
    outbox: buffer('outbox'),
    configure: property('configure'),
    bind: property('bind'),
    run: property('run'),
    finish: property('finish'),
  };
}

/** The value of a script, or the promise of a module's namespace. */
export function evaluateBytecode(instance: QuickJsInstance, bytecode: Uint8Array): Box {
  const at = allocate(instance, bytecode.length);
  instance.bytes.set(bytecode, at);
  const result = boxed(instance.exports.qjs_eval_bytecode(at, bytecode.length));
  // Zeroed and given back, or it would be part of the image.
  instance.bytes.fill(0, at, at + bytecode.length);
  instance.exports.wasm_free(at);
  return result;
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.slice(0, end);
}
