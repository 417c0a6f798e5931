/**
 * The one build of QuickJS that functions run on, as a WebAssembly module whose memory is ours to count.
 *
 * The build asks for memory with two instructions, `memory.size` and `memory.grow`, in two functions of its C library.
 * They become calls of two imports with the same types that are not used otherwise: `host_interrupt: () -> i32` and
 * `fd_close: (i32) -> i32`. Both forms are two bytes long, so nothing moves. That gives two things: an exact limit per
 * function with one module for all, and a memory that shrinks again: the module sees as many pages as we tell it, so
 * an instance that once grew can be made indistinguishable from a new one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assert } from '@pappus/core';
import { type WasmModule, webAssembly } from '../module/web-assembly.ts';

/** quickjs-wasi 3.6.2: the offsets below are those of this file and of no other. */
const BUILD_SHA256 = 'd4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9';
const MEMORY_SIZE_AT: readonly number[] = [494_266, 494_635, 498_810];
const MEMORY_GROW_AT: readonly number[] = [494_598, 498_841];

const MEMORY_SIZE = 0x3f;
const MEMORY_GROW = 0x40;
const CALL = 0x10;
/** Indices of the imports in the build. */
const HOST_INTERRUPT = 1;
const FD_CLOSE = 7;

/** Pages of the build's memory when it starts. */
export const INITIAL_PAGES = 18;
/** Bytes below the heap: the stack, which comes first so that overflowing it traps, and the static data. */
export const STACK_REGION_BYTES: number = 1024 * 1024;
export const HEAP_START = 1_179_648;

let compiled: WasmModule | null = null;

/** Reads, checks, changes and compiles the build; once per thread. Later threads of a process share the machine code. */
export function quickJsModule(): WasmModule {
  compiled ??= new webAssembly.Module(countedMemory(readBuild()));
  return compiled;
}

/** Goes into the hash of the base image: images made on another build are made anew. */
export const BUILD_ID: string = BUILD_SHA256.slice(0, 16);

function readBuild(): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')));
  const found = createHash('sha256').update(bytes).digest('hex');
  assert(found === BUILD_SHA256, `quickjs-wasi has the build ${found}, but this version of Pappus is made for ${BUILD_SHA256}: run npm install`);
  return bytes;
}

function countedMemory(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const replace = (at: number, instruction: number, callee: number): void => {
    assert(bytes[at] === instruction && bytes[at + 1] === 0, `no instruction ${instruction} at ${at} of quickjs.wasm`);
    bytes[at] = CALL;
    bytes[at + 1] = callee;
  };
  for (const at of MEMORY_SIZE_AT) replace(at, MEMORY_SIZE, HOST_INTERRUPT);
  for (const at of MEMORY_GROW_AT) replace(at, MEMORY_GROW, FD_CLOSE);
  return bytes;
}
