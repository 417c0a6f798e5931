/** What the guest threw, as plain data, and which outcome of a run it is. */
import { webAssembly } from '../module/web-assembly.ts';
import type { FunctionLimits } from '../functions/function-spec.ts';
import type { RunFailure } from '../sandbox/sandbox.ts';
import { readString, type Scratch } from './guest-values.ts';
import { MAX_MESSAGE_CHARS, MAX_STACK_CHARS } from './limits.ts';
import type { Address, Box } from './quickjs-exports.ts';
import type { QuickJsInstance } from './quickjs-instance.ts';

export interface GuestError {
  readonly name: string;
  readonly message: string;
  /** Lines `    at function (file:line:column)`, innermost first, without our own. */
  readonly stack: string;
}

/** C strings that stand in the base image. */
export interface ErrorNames {
  readonly name: Address;
  readonly message: Address;
  readonly stack: Address;
}

/** Takes the pending exception. Reading its properties may run guest code; what that throws is dropped. */
export function takeError(instance: QuickJsInstance, names: ErrorNames, scratch: Scratch): GuestError {
  return describe(instance, instance.exports.qjs_get_exception(), names, scratch);
}

export function describe(instance: QuickJsInstance, thrown: Box, names: ErrorNames, scratch: Scratch): GuestError {
  const { exports } = instance;
  if (thrown === 0) return { name: 'InternalError', message: OUT_OF_MEMORY, stack: '' };
  if (exports.qjs_is_object(thrown) === 0) {
    // The engine throws null where it has no memory for the error.
    const outOfMemory = exports.qjs_is_null(thrown) !== 0 && instance.refused;
    const text = outOfMemory ? OUT_OF_MEMORY : `${clip(readString(instance, thrown, scratch) ?? '', MAX_MESSAGE_CHARS)} was thrown`;
    return { name: outOfMemory ? 'InternalError' : '', message: text, stack: '' };
  }
  const property = (name: Address): string => {
    const box = exports.qjs_get_prop_string(thrown, name);
    if (box === 0 || exports.qjs_is_exception(box) !== 0 || exports.qjs_is_undefined(box) !== 0) return '';
    return readString(instance, box, scratch) ?? '';
  };
  const name = property(names.name);
  return { name: clip(name === '' ? 'Error' : name, MAX_MESSAGE_CHARS), message: clip(property(names.message), MAX_MESSAGE_CHARS), stack: ownLines(property(names.stack)) };
}

const OUT_OF_MEMORY = 'out of memory';
const STACK_OVERFLOW = 'Maximum call stack size exceeded';

export function failureOf(error: GuestError, { memoryBytes, outputItems }: FunctionLimits): RunFailure {
  if (error.message === OUT_OF_MEMORY && error.name === 'InternalError') {
    return { kind: 'limit', limit: 'memory', message: `the function needs more than its ${memoryBytes} bytes of memory` };
  }
  if (error.message === STACK_OVERFLOW && error.name === 'RangeError') return TOO_DEEP;
  if (error.name === 'TooManyItems') return tooManyItems(outputItems);
  if (error.name === 'InvalidOutput') return { kind: 'invalid-output', message: error.message };
  return { kind: 'exception', message: errorText(error), stack: error.stack };
}

const TOO_DEEP: RunFailure = { kind: 'limit', limit: 'stack', message: "the function's calls are nested too deeply" };

export const tooManyItems = (outputItems: number): RunFailure => ({ kind: 'limit', limit: 'output-items', message: `the function gives more than its ${outputItems} output items` });

/** What V8 reports of the engine itself: a bug in it, or V8's own stack that overflowed before the guest's. */
export function trapFailure(thrown: unknown, refused: boolean, memoryBytes: number): RunFailure | null {
  if (thrown instanceof RangeError && thrown.message === STACK_OVERFLOW) return TOO_DEEP;
  if (thrown instanceof Error && thrown.name === 'GuestMemoryFull') {
    return { kind: 'limit', limit: 'memory', message: `the inputs and the function need more than its ${memoryBytes} bytes of memory` };
  }
  if (!(thrown instanceof webAssembly.RuntimeError)) return null;
  if (refused) return { kind: 'limit', limit: 'memory', message: `the function needs more than its ${memoryBytes} bytes of memory` };
  const offset = /wasm-function\[\d+\]:0x([0-9a-f]+)/.exec(thrown.stack ?? '')?.[1];
  return { kind: 'trap', trap: thrown.message, functionName: null, offset: offset === undefined ? null : Number.parseInt(offset, 16) };
}

/** As people write it: the name, the message, or both. */
export const errorText = ({ name, message }: GuestError): string => (name === '' || message === '' ? name + message : `${name}: ${message}`);

/** The place of the prelude's functions, which are compiled without names of files. */
const NO_FILE = '(<null>:';

const clip = (text: string, chars: number): string => (text.length > chars ? `${text.slice(0, chars)}…` : text);

const ownLines = (stack: string): string =>
  clip(stack, MAX_STACK_CHARS)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes(NO_FILE) && !line.endsWith('(native)'))
    .join('\n');
