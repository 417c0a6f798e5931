/**
 * What we call of the QuickJS build. A `Box` is the address of a JavaScript value on the guest's C heap; a `Text` and an
 * `Address` point to bytes. 0 is "no memory left" wherever an address is returned. What a run makes once is never
 * freed by us: the whole memory is made new before the next run. What its calls of host functions make is.
 */
import type { WasmMemory } from '../module/web-assembly.ts';

export type Box = number;
export type Address = number;

export interface QuickJsExports {
  readonly memory: WasmMemory;
  readonly __stack_pointer: { value: number };
  _initialize(): void;
  wasm_malloc(bytes: number): Address;
  wasm_free(at: Address): void;

  qjs_init(): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_gc_threshold(bytes: number): void;
  qjs_run_gc(): void;
  qjs_get_context_ptr(): Address;

  /** Bytecode, or 0 with a pending exception. `evalFlags`: 1 for a module. */
  qjs_compile(source: Address, bytes: number, fileName: Address, evalFlags: number, writeFlags: number, lengthOut: Address): Address;
  /** A module gives a promise of its namespace. */
  qjs_eval_bytecode(bytes: Address, length: number): Box;
  qjs_call(callee: Box, self: Box, count: number, args: Address): Box;
  qjs_execute_pending_job(): number;
  qjs_is_job_pending(): number;
  qjs_promise_state(promise: Box): number;
  qjs_promise_result(promise: Box): Box;
  qjs_get_exception(): Box;

  qjs_new_string(utf8: Address, bytes: number): Box;
  qjs_new_uint8_array(bytes: Address, length: number): Box;
  qjs_new_host_function(name: Address, bytes: number, parameters: number): Box;
  qjs_get_undefined(): Box;
  qjs_get_null(): Box;
  qjs_get_global(): Box;

  qjs_is_exception(box: Box): number;
  qjs_is_null(box: Box): number;
  qjs_is_object(box: Box): number;
  qjs_is_string(box: Box): number;
  qjs_is_undefined(box: Box): number;
  qjs_is_array(box: Box): number;
  qjs_get_float64(box: Box): number;
  /** The UTF-8 of the value as a string. */
  qjs_get_string_len(box: Box, lengthOut: Address): Address;
  qjs_free_cstring(text: Address): void;
  /** One reference to the value, and the box. */
  qjs_free_value(box: Box): void;
  qjs_get_prop_string(object: Box, name: Address): Box;
  qjs_get_prop_uint32(object: Box, index: number): Box;
  qjs_get_array_buffer(buffer: Box, lengthOut: Address): Address;
  qjs_get_typed_array_buffer(array: Box, offsetOut: Address, lengthOut: Address, elementOut: Address): Box;

  /** The allocator that the memory limit counts. */
  js_malloc(context: Address, bytes: number): Address;
  /** A buffer over bytes that are there; 0 for the others makes one of fixed length. The value itself, not a box. */
  JS_NewArrayBuffer(context: Address, bytes: Address, length: number, maximum: number, realloc: number, opaque: number, shared: number): bigint;
}
