/** Reading and making guest values from outside. All of it is checked: the guest may have put anything there. */
import { AppError } from '@pappus/core';
import type { Address, Box } from './quickjs-exports.ts';
import type { QuickJsInstance } from './quickjs-instance.ts';

/** The guest has no memory for what the host wants to put there. */
export class GuestMemoryFull extends Error {
  override readonly name = 'GuestMemoryFull';
}

/** Three words at a fixed place, for results that come by address. */
export interface Scratch {
  readonly first: Address;
  readonly second: Address;
  readonly third: Address;
}

export const SCRATCH_BYTES = 12;
export const scratchAt = (at: Address): Scratch => ({ first: at, second: at + 4, third: at + 8 });

export interface GuestRange {
  readonly at: Address;
  readonly length: number;
}

export function allocate(instance: QuickJsInstance, length: number): Address {
  const at = instance.allocate(length);
  if (at === 0) throw new GuestMemoryFull('no memory left in the guest');
  return at;
}

/** A box, or the end of the run: address 0 means that there was no memory for it. */
export function boxed(box: Box): Box {
  if (box === 0) throw new GuestMemoryFull('no memory left in the guest');
  return box;
}

export function newString(instance: QuickJsInstance, text: string): Box {
  const length = Buffer.byteLength(text);
  const at = allocate(instance, length + 1);
  instance.bytes.write(text, at, length, 'utf8');
  const box = instance.exports.qjs_new_string(at, length);
  instance.exports.wasm_free(at);
  return boxed(box);
}

/** UTF-8 ended by a NUL, as C has it. */
export function newCString(instance: QuickJsInstance, text: string): GuestRange {
  const length = Buffer.byteLength(text);
  const at = allocate(instance, length + 1);
  instance.bytes.write(text, at, length, 'utf8');
  instance.bytes[at + length] = 0;
  return { at, length };
}

/** Where the value as a string has its UTF-8, until `freeText`, or null when it can't be one. */
export function stringRange(instance: QuickJsInstance, box: Box, scratch: Scratch): GuestRange | null {
  const at = instance.exports.qjs_get_string_len(box, scratch.first);
  return at === 0 ? null : inside(instance, at, instance.u32(scratch.first));
}

export const freeText = (instance: QuickJsInstance, { at }: GuestRange): void => instance.exports.qjs_free_cstring(at);

export function readString(instance: QuickJsInstance, box: Box, scratch: Scratch): string | null {
  const range = stringRange(instance, box, scratch);
  if (range === null) return null;
  const text = instance.bytes.toString('utf8', range.at, range.at + range.length);
  freeText(instance, range);
  return text;
}

/** Where a typed array has its bytes, as long as it is there, or null when it is none. */
export function bytesRange(instance: QuickJsInstance, box: Box, scratch: Scratch): GuestRange | null {
  const { exports } = instance;
  const buffer = exports.qjs_get_typed_array_buffer(box, scratch.first, scratch.second, scratch.third);
  if (buffer === 0 || exports.qjs_is_exception(buffer) !== 0) return null;
  const offset = instance.u32(scratch.first);
  const length = instance.u32(scratch.second);
  const start = length === 0 ? 0 : exports.qjs_get_array_buffer(buffer, scratch.first);
  exports.qjs_free_value(buffer);
  if (length === 0) return { at: 0, length: 0 };
  if (start === 0 || offset + length > instance.u32(scratch.first)) return null;
  return inside(instance, start + offset, length);
}

/** A buffer over bytes that `js_malloc` gave. */
export function newArrayBuffer(instance: QuickJsInstance, context: Address, at: Address, length: number): Box {
  const value = instance.exports.JS_NewArrayBuffer(context, at, length, 0, 0, 0, 0);
  const box = allocate(instance, 8);
  instance.view.setBigInt64(box, value, true);
  if (instance.exports.qjs_is_exception(box) !== 0) throw new GuestMemoryFull('no memory left in the guest');
  return box;
}

function inside(instance: QuickJsInstance, at: Address, length: number): GuestRange {
  const start = at >>> 0;
  if (start + length > instance.bytes.length) throw new AppError('internal', 'the JavaScript engine of a function is broken: it points outside its memory');
  return { at: start, length };
}
