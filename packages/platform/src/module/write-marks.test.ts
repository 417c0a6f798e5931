import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleWasm } from '@pappus/testkit';
import { WASI_IMPORTABLE } from '../sandbox/wasi/signatures.ts';
import { ENTER, ENTRY_EXPORT } from './guest-entry.ts';
import { BLOCK_BYTES, MARK_PAGES, PAGE_BYTES } from './limits.ts';
import { prepareModule } from './module-preparation.ts';
import { webAssembly, type WasmMemory } from './web-assembly.ts';
import { markWrites, MAX_STORE_BYTES } from './write-marks.ts';

const PAGES = 2;
const MEMORY_BYTES = PAGES * PAGE_BYTES;

const STORES: Readonly<Record<string, string>> = {
  'i32.store': 'i32.const -1', 'i32.store8': 'i32.const -1', 'i32.store16': 'i32.const -1',
  'i64.store': 'i64.const -1', 'i64.store8': 'i64.const -1', 'i64.store16': 'i64.const -1', 'i64.store32': 'i64.const -1',
  'f32.store': 'f32.const -1.5', 'f64.store': 'f64.const -1.25', 'v128.store': 'v128.const i64x2 -1 -1',
  ...Object.fromEntries([8, 16, 32, 64].map((bits) => [`v128.store${bits}_lane`, 'v128.const i64x2 -1 -1'])),
};
const BULK = ['(memory.fill (local.get $at) (i32.const 255) (local.get $n))', '(memory.copy (local.get $at) (local.get $from) (local.get $n))', '(memory.init $d (local.get $at) (i32.const 0) (local.get $n))'];
const DATA_BYTES = 9_000;

interface Program {
  readonly run: (at: number, length: number) => 'returned' | 'trapped';
  readonly memory: Uint8Array;
  readonly marks: Uint8Array;
}

/** A prepared module whose exported function takes an address and a length. */
async function program(body: string): Promise<Program> {
  const prepared = prepareModule(await assembleWasm(`(module (memory ${PAGES}) (data $d "${'x'.repeat(DATA_BYTES)}") (data (i32.const 0) "${'y'.repeat(DATA_BYTES)}")
    (func (export "pappus_alloc") (param i32) (result i32) (i32.const 0))
    (global $at (mut i32) (i32.const 0)) (global $n (mut i32) (i32.const 0))
    (func (export "_initialize"))
    (func $spare (param i64 f64) (result i32) (local f32 i32) (i32.const 7))
    (func (export "pappus_run") (param $at i32) (result i32) (local $n i32) (local $from i32) (local i64 i32)
      (local.set $n (i32.load (i32.const ${MEMORY_BYTES - 4}))) (local.set $from (i32.const 17)) ${body} (i32.const 5)))`), WASI_IMPORTABLE, 64 * PAGE_BYTES);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join());
  const bytes = markWrites(prepared.module.bytes);
  if (bytes === null) throw new Error('not marked');
  const memory: WasmMemory = new webAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const marks: WasmMemory = new webAssembly.Memory({ initial: MARK_PAGES, maximum: MARK_PAGES });
  const { exports } = new webAssembly.Instance(new webAssembly.Module(bytes), { pappus: { memory, marks } });
  const entry = exports[ENTRY_EXPORT] as (step: number, value: number) => number;
  const run = (at: number, length: number): 'returned' | 'trapped' => {
    new DataView(memory.buffer).setUint32(MEMORY_BYTES - 4, length, true);
    try {
      expect(entry(ENTER.run, at)).toBe(5);
      return 'returned';
    } catch (thrown) {
      expect(String(thrown)).toMatch(/memory access out of bounds/);
      return 'trapped';
    }
  };
  return { run, memory: new Uint8Array(memory.buffer), marks: new Uint8Array(marks.buffer) };
}

/** Runs, and expects that no changed byte is out of reach of a mark. The answer is how many blocks have changed. */
function changedBlocks({ run, memory, marks }: Program, at: number, length: number): number {
  memory.fill(1, DATA_BYTES, MEMORY_BYTES - 4);
  marks.fill(0);
  new DataView(memory.buffer).setUint32(MEMORY_BYTES - 4, length, true);
  const before = memory.slice();
  run(at, length);
  let changed = 0;
  for (let block = 0; block * BLOCK_BYTES < MEMORY_BYTES; block++) {
    const reached = marks[block - 1] !== undefined && marks[block - 1] !== 0 ? MAX_STORE_BYTES - 1 : 0;
    const [start, end] = [block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES];
    if (Buffer.compare(memory.subarray(start, end), before.subarray(start, end)) === 0) continue;
    changed++;
    if (marks[block] !== 0) continue;
    if (Buffer.compare(memory.subarray(start + reached, end), before.subarray(start + reached, end)) !== 0) throw new Error(`block ${block} has no mark after a write to ${at}`);
  }
  return changed;
}

const nearBlocks = fc.tuple(fc.nat(MEMORY_BYTES / BLOCK_BYTES), fc.integer({ min: -20, max: 20 })).map(([block, by]) => Math.max(0, block * BLOCK_BYTES + by));
const address = fc.oneof(nearBlocks, fc.nat(MEMORY_BYTES), fc.nat(0xffff_ffff));

test.each(Object.entries(STORES))('%s marks what it writes', async (name, value) => {
  for (const offset of [0, 1, 5, 4_090, 70_000, 0xffff_fff0]) {
    const lane = name.endsWith('lane') ? '1' : '';
    const written = await program(`(${name} offset=${offset} ${lane} (local.get $at) (${value}))`);
    let changed = 0;
    fc.assert(fc.property(address, (to) => {
      changed += changedBlocks(written, to - Math.min(offset, to), 0);
    }), { numRuns: 60 });
    if (offset < MEMORY_BYTES) expect(changed).toBeGreaterThan(0);
  }
});

test.each(BULK)('%s marks what it writes', async (body) => {
  const written = await program(body);
  let changed = 0;
  fc.assert(fc.property(address, fc.oneof(fc.nat(40), fc.nat(DATA_BYTES), fc.nat(0xffff_ffff)), (at, length) => {
    changed += changedBlocks(written, at, length);
  }), { numRuns: 300 });
  expect(changed).toBeGreaterThan(0);
});

test('code that no run reaches, and stores between other instructions, stay valid', async () => {
  const written = await program(`(block (br 0) (i32.store (i32.const 0) (i32.const 0)) (unreachable) (i64.store))
    (i32.store (i32.add (i32.const 64) (local.get $at)) (block (result i32) (f64.store (i32.const 32) (f64.const 1)) (memory.size)))
    (v128.store (i32.const 8192) (v128.const i64x2 1 2)) (memory.fill (i32.const 4096) (i32.const 2) (i32.const 2))`);
  expect(written.run(20_000, 0)).toBe('returned');
  expect([...written.marks.keys()].filter((block) => written.marks[block] !== 0)).toEqual([0, 1, 2, 4]);
});

test('a store beyond the memory traps where it stands, whatever the marks have room for', async () => {
  const written = await program('(i32.store offset=4 (local.get $at) (i32.const 1))');
  for (const at of [MEMORY_BYTES - 7, 0x7fff_ffff, 0xffff_fffe]) expect(written.run(at, 0)).toBe('trapped');
});
