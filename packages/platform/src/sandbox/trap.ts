/** What an exception out of a guest means: a trap of some kind at some place, or a limit. */
import { AppError, errorMessage } from '@pappus/core';
import { functionName } from '../module/function-names.ts';
import { ENTER } from '../module/guest-entry.ts';
import { OFFSETS_SECTION, originalOffset } from '../module/offset-map.ts';
import { webAssembly } from '../module/web-assembly.ts';
import type { GuestInstance } from './guest-instance.ts';
import type { RunFailure } from './sandbox.ts';

/** Words of the engine and ours, which stay the same when the engine's change. */
const KINDS: readonly (readonly [pattern: RegExp, trap: string])[] = [
  [/unreachable/, 'unreachable instruction'],
  [/memory access out of bounds/, 'memory access out of bounds'],
  [/divide by zero|remainder by zero/, 'division by zero'],
  [/divide result unrepresentable/, 'integer overflow'],
  [/float unrepresentable/, 'conversion of a number that does not fit'],
  [/table index is out of bounds|table access out of bounds/, 'table access out of bounds'],
  [/null function|signature mismatch/, 'indirect call of the wrong type'],
  [/element segment out of bounds/, 'element segment out of bounds'],
  [/data segment out of bounds/, 'data segment out of bounds'],
  [/dereferencing a null/, 'null reference'],
  [/unaligned/, 'unaligned atomic access'],
  [/Atomics\.wait cannot be called/, 'atomic wait'],
];

/** `wasm-function[3]:0x1a4` in a stack trace. */
const PLACE = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/;
const STACK_OVERFLOW = /call stack/;

/** The failure that `thrown` is; what is not the guest's doing is thrown on as our own defect. */
export function failureOf(thrown: unknown, guest: GuestInstance): RunFailure {
  if (thrown instanceof RangeError && STACK_OVERFLOW.test(thrown.message)) {
    return { kind: 'limit', limit: 'stack', message: 'the call stack is full: the function calls itself too deeply' };
  }
  if (thrown instanceof webAssembly.RuntimeError) return trapFailure(thrown, guest);
  if (thrown instanceof webAssembly.Exception) return { kind: 'trap', trap: 'uncaught exception', functionName: null, offset: null };
  if (thrown instanceof AppError) throw thrown;
  throw new AppError('internal', `a sandbox failed: ${errorMessage(thrown)}`, { cause: thrown });
}

function trapFailure(thrown: Error, guest: GuestInstance): RunFailure {
  const trap = KINDS.find(([pattern]) => pattern.test(thrown.message))?.[1] ?? thrown.message.slice(0, 100);
  const message = memoryDenial(guest);
  if (message !== null) return { kind: 'limit', limit: 'memory', message: `${message}, and ended with a trap: ${trap}` };
  const place = PLACE.exec(thrown.stack ?? '');
  if (place === null) return { kind: 'trap', trap, functionName: null, offset: null };
  const names = webAssembly.Module.customSections(guest.module, 'name')[0];
  // Each rewriting has left one, the last at the end.
  const offsets = webAssembly.Module.customSections(guest.module, OFFSETS_SECTION);
  const offset = Number.parseInt(place[2] ?? '', 16);
  return {
    kind: 'trap',
    trap,
    functionName: names === undefined ? null : functionName(new Uint8Array(names), Number(place[1])),
    offset: offsets.reduceRight((at, section) => originalOffset(new Uint8Array(section), at), offset),
  };
}

/** Says that the run asked for more memory than it may have, or null. */
export function memoryDenial({ enter }: GuestInstance): string | null {
  if (enter(ENTER.denied, 0) === 0) return null;
  return 'the function asked for more memory than its limit';
}
