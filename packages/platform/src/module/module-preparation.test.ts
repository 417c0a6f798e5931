import { assembleWasm } from '@pappus/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WASI_IMPORTABLE } from '../sandbox/wasi/signatures.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import { nameBytes } from './byte-reader.ts';
import { ENTER, ENTRY_EXPORT } from './guest-entry.ts';
import { PAGE_BYTES } from './limits.ts';
import { prepareModule } from './module-preparation.ts';
import { crowdedProgram } from './testing/crowded-module.ts';
import { webAssembly } from './web-assembly.ts';

const LIMIT = 64 * PAGE_BYTES;
const START = '(func (export "_start"))';

async function problems(text: string, limit = LIMIT): Promise<readonly string[]> {
  const prepared = prepareModule(await assembleWasm(text), WASI_IMPORTABLE, limit);
  return prepared.kind === 'refused' ? prepared.problems : [];
}

async function prepared(text: string): Promise<PreparedModule> {
  const result = prepareModule(await assembleWasm(text), WASI_IMPORTABLE, LIMIT);
  if (result.kind === 'refused') throw new Error(result.problems.join('\n'));
  return result.module;
}

const repeated = (times: number, bytes: readonly number[]): Uint8Array => Buffer.alloc(times * bytes.length, Uint8Array.from(bytes));
/** A mutable global whose initial value is the sum of so many numbers and one. */
const sum = (numbers: number): readonly [number, Uint8Array] => [1, Buffer.concat([Uint8Array.of(0x7f, 1, 0x41, 0), repeated(numbers, [0x41, 1, 0x6a]), Uint8Array.of(0x0b)])];

describe('modules that are refused', () => {
  test.each([
    ['a function from elsewhere', `(module (import "env" "now" (func)) (memory 1) ${START})`, /"now" from "env": only "wasi_snapshot_preview1"/],
    ['the abort of AssemblyScript', `(module (import "env" "abort" (func)) (memory 1) ${START})`, /--use abort=/],
    ['a function that WASI has not', `(module (import "wasi_snapshot_preview1" "fork" (func)) (memory 1) ${START})`, /"fork".*does not exist/],
    ['a WASI function of another type', `(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))) (memory 1) ${START})`, /"fd_close".*another type/],
    ['an imported memory', `(module (import "env" "memory" (memory 1)) ${START})`, /memory "memory" from "env": only functions/],
    ['an imported table', `(module (import "env" "t" (table 1 funcref)) (memory 1) ${START})`, /table "t"/],
    ['an imported global', `(module (import "env" "g" (global i32)) (memory 1) ${START})`, /global "g"/],
    ['no memory', `(module ${START})`, /has no memory/],
    ['two memories', `(module (memory 1) (memory 1) ${START})`, /2 memories|multi|memor/],
    ['a shared memory', `(module (memory 1 2 shared) ${START})`, /shared/],
    ['a 64-bit memory', `(module (memory i64 1) ${START})`, /64-bit/],
    ['too much memory at the start', `(module (memory 65) ${START})`, /begins with 4259840 bytes of memory, more than its limit of 4194304/],
    ['no entry', '(module (memory 1))', /"_start".*"pappus_run"/],
    ['an entry with parameters', '(module (memory 1) (func (export "_start") (param i32)))', /"_start" is not a function of the right type/],
    ['an entry that is no function', '(module (memory (export "_start") 1))', /"_start" is not a function/],
    ['a lean module without allocation', '(module (memory 1) (func (export "pappus_run") (param i32) (result i32) (i32.const 0)))', /no function "pappus_alloc"/],
    ['a strange initialiser', `(module (memory 1) ${START} (func (export "_initialize") (param i32)))`, /_initialize/],
    ['an export of ours', `(module (memory 1) ${START} (func (export "pappus:reset")))`, /reserved/],
    ['a huge table', `(module (memory 1) (table 1000000 funcref) ${START})`, /tables have 1000000 entries/],
    ['tables that are large together', `(module (memory 1) ${'(table 8000 funcref)'.repeat(9)} ${START})`, /tables have 72000 entries: at most 65536/],
    ['a table of exceptions', `(module (memory 1) (table 1 exnref) ${START})`, /table or global of exceptions/],
    ['a global for an exception', `(module (memory 1) (global (mut exnref) (ref.null exn)) ${START})`, /table or global of exceptions/],
    ['many tables', `(module (memory 1) ${'(table 1 funcref)'.repeat(17)} ${START})`, /17 tables/],
  ])('%s', async (_, text, message) => {
    const found = await problems(text);
    expect(found.join('\n')).toMatch(message);
  });

  test('all problems come at once', async () => {
    expect(await problems('(module (import "a" "b" (func)) (import "c" "d" (global i32)) (table 1000000 funcref))')).toHaveLength(5);
  });

  test('a thousand problems are cut short', async () => {
    const imports = Array.from({ length: 1_000 }, (_, index) => `(import "env" "f${index}" (func))`).join('');
    const found = await problems(`(module ${imports} (memory 1) ${START})`);
    expect(found.length).toBeLessThan(40);
    expect(found.at(-1)).toMatch(/968 more/);
  });

  test.each([
    ['one function', { body: Buffer.alloc(7_100_000, 0x01) }, /7100002 bytes in one function/],
    ['initial values', { globals: sum(400_000) }, /1200002 bytes of initial values/],
    ['imports', { imports: [1_001, repeated(1_001, [...nameBytes('wasi_snapshot_preview1'), ...nameBytes('sched_yield'), 0, 1])] }, /1001 imports/],
  ] as const)('too much in %s', (_, crowd, message) => {
    const result = prepareModule(crowdedProgram(crowd), WASI_IMPORTABLE, LIMIT);
    expect(result.kind === 'refused' ? result.problems.at(-1) : '').toMatch(message);
  });

  test('bytes that are no module, with the reason', () => {
    const refusal = (bytes: Uint8Array): string => {
      const result = prepareModule(bytes, WASI_IMPORTABLE, LIMIT);
      return result.kind === 'refused' ? result.problems.join() : '';
    };
    expect(refusal(new Uint8Array(0))).toMatch(/not a valid WebAssembly module: .*empty/);
    const named = crowdedProgram({ body: Uint8Array.of(0x1a), custom: Uint8Array.of(1, 7, 1, 0, 4, 0x1b, 0x5b, 0x32, 0x4a) });
    expect(refusal(named)).toMatch(/function #0:"\\u001b\[2J" failed/);
    expect(refusal(Buffer.from('#!/bin/sh'))).toMatch(/not a valid WebAssembly module: .*magic/);
  });

  test('relaxed vector instructions', () => {
    // (func (export "_start") (drop (i8x16.relaxed_swizzle (v128.const …) (v128.const …))))
    const vector = [0xfd, 12, ...new Uint8Array(16)];
    const body = [0, ...vector, ...vector, 0xfd, 0x80, 0x02, 0x1a, 0x0b];
    const bytes = Uint8Array.from([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1,
      7, 10, 1, 6, ...Buffer.from('_start'), 0, 0, 10, body.length + 2, 1, body.length, ...body,
    ]);
    const result = prepareModule(bytes, WASI_IMPORTABLE, LIMIT);
    expect(result).toMatchObject({ kind: 'refused', problems: [expect.stringMatching(/differ between machines/)] });
  });

  test('types of garbage-collected objects', () => {
    const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x5f, 1, 0x7f, 0]);
    expect(prepareModule(bytes, WASI_IMPORTABLE, LIMIT)).toMatchObject({ kind: 'refused', problems: expect.arrayContaining([expect.stringMatching(/garbage-collected/)]) });
  });
});

describe('the mode of isolation', () => {
  const withCode = (code: string, more = ''): string => `(module (memory 1) (table $t 4 funcref) (elem $e func $f) (data $d "x") ${more} (func $f) (func ${code}) ${START})`;

  test.each([
    ['(i32.store (i32.const 0) (i32.const 1))', ''],
    ['(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))', ''],
    ['(memory.fill (i32.const 0) (i32.const 0) (i32.const 1)) (memory.copy (i32.const 0) (i32.const 0) (i32.const 1))', ''],
    ['(drop (memory.grow (i32.const 1)))', ''],
    ['(call_indirect (i32.const 0))', ''],
    ['(drop (table.get $t (i32.const 0))) (drop (table.size $t))', ''],
    ['(global.set $g (ref.func $f))', '(global $g (mut funcref) (ref.null func))'],
    ['(drop (v128.load (i32.const 0))) (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i64x2 0 0) (v128.const i64x2 0 0))) (v128.store8_lane 3 (i32.const 0) (v128.const i64x2 0 0))', ''],
    ['(block $a (block $b (br_table $a $b $a (i32.const 0)))) (drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))', ''],
    ['(try_table (catch_all 0) (throw $x))', '(tag $x)'],
    ['(try (do (throw $x)) (catch $x) (catch_all))', '(tag $x)'],
    ['(drop (f64.const 1e300)) (drop (f32.const 1)) (drop (i64.const -9223372036854775808)) (drop (ref.null extern)) (drop (i32.trunc_sat_f64_u (f64.const 1)))', ''],
    ['(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) (atomic.fence)', ''],
    ['(return_call $f)', ''],
    ['(table.set $t (i32.const 0) (ref.null func))', ''],
    ['(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))', ''],
    ['(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))', ''],
    ['(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))', ''],
    ['(table.set $u (i32.const 0) (ref.null extern))', '(table $u 2 externref)'],
  ])('is reset for %s', async (code, more) => {
    const { report } = await prepared(withCode(code, more));
    const tables = /table\.(set|fill|copy|init)/.test(code) ? 'changes entries of tables, but not their sizes,' : 'changes no table';
    expect(report).toMatchObject({ mode: 'reset', reasons: [`its code ${tables} and drops no segment: all that a run changes is put back`] });
  });

  test('is reset for a table without null, whose entries have an initial value', () => {
    // (table 2 (ref 0) (ref.func 0)) (func (export "_start") (type 0) (table.set 0 (i32.const 0) (ref.func 0)))
    const body = [0, 0x41, 0, 0xd2, 0, 0x26, 0, 0x0b];
    const bytes = Uint8Array.from([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 4, 10, 1, 0x40, 0, 0x64, 0, 0, 2, 0xd2, 0, 0x0b, 5, 3, 1, 0, 1,
      7, 10, 1, 6, ...Buffer.from('_start'), 0, 0, 10, body.length + 2, 1, body.length, ...body,
    ]);
    expect(prepareModule(bytes, WASI_IMPORTABLE, LIMIT)).toMatchObject({ kind: 'prepared', module: { report: { mode: 'reset' } } });
  });

  test.each([
    ['table.grow', '(drop (table.grow $t (ref.null func) (i32.const 1)))'],
    ['elem.drop', '(elem.drop $e)'],
    ['data.drop', '(data.drop $d)'],
  ])('is pooled for %s, and says so', async (name, code) => {
    const { report } = await prepared(withCode(`(block (loop (if (i32.const 1) (then ${code}))))`));
    expect(report.mode).toBe('pooled');
    expect(report.reasons.join()).toContain(name);
  });

  test('is pooled for large tables that change, and only for those', async () => {
    const large = (code: string): string => `(module (memory 1) (table $t 1020 funcref) (table $u 5 funcref) (table $v 60000 funcref) (func ${code}) ${START})`;
    const set = (table: string): string => `(table.set ${table} (i32.const 0) (ref.null func))`;
    expect((await prepared(large(set('$t')))).report).toMatchObject({ mode: 'reset' });
    expect((await prepared(large(set('$t') + set('$u')))).report).toMatchObject({ mode: 'pooled', reasons: [expect.stringMatching(/changes tables of 1025 entries/)] });
  });

  test('is pooled for a large memory', async () => {
    const result = prepareModule(await assembleWasm(`(module (memory 300) ${START})`), WASI_IMPORTABLE, 1_000 * PAGE_BYTES);
    expect(result).toMatchObject({ module: { report: { mode: 'pooled', reasons: [expect.stringMatching(/300 pages/)] } } });
  });
});

describe('rewritten modules', () => {
  test('have the memory of their function, whatever they declare', async () => {
    const memory = async (text: string): Promise<unknown> => (await prepared(text)).report.memory;
    const grows = '(func (drop (memory.grow (i32.const 1))))';
    expect(await memory(`(module (memory 3) ${START})`)).toEqual({ initialPages: 3, maximumPages: 3 });
    expect(await memory(`(module (memory 3) ${grows} ${START})`)).toEqual({ initialPages: 5, maximumPages: 64 });
    expect(await memory(`(module (memory 3 4) ${grows} ${START})`)).toEqual({ initialPages: 4, maximumPages: 4 });
    expect(await memory(`(module (memory 3 60000) ${grows} ${START})`)).toEqual({ initialPages: 5, maximumPages: 64 });
  });

  test('put a global back to an initial value of any length', () => {
    expect(prepareModule(crowdedProgram({ globals: sum(150_000) }), WASI_IMPORTABLE, LIMIT)).toMatchObject({ kind: 'prepared', module: { report: { mode: 'reset' } } });
  });

  test('of many exported imports take no longer than they have to', async () => {
    // The 9,000 exports of 9,000 imports that are too many took seconds once, and ten times as many a hundred times as long.
    const imports = '(import "a" "b" (func))'.repeat(9_000);
    const exported = Array.from({ length: 9_000 }, (_, index) => `(export "e${index}" (func ${index}))`).join('');
    const code = await assembleWasm(`(module ${imports} ${exported} (memory 1))`);
    const before = process.cpuUsage();
    expect(prepareModule(code, WASI_IMPORTABLE, LIMIT).kind).toBe('refused');
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  test('keep the names of functions and lose other custom sections', async () => {
    const code = await assembleWasm(`(module (memory 1) (func $named) ${START})`);
    const section = [0, 1 + 5 + 4_000, 5, ...Buffer.from('debug')];
    const long = Buffer.concat([code, Uint8Array.from([0, 0xa6, 0x1f, ...section.slice(2)]), new Uint8Array(4_000)]);
    const result = prepareModule(long, WASI_IMPORTABLE, LIMIT);
    if (result.kind === 'refused') throw new Error(result.problems.join());
    expect(result.module.bytes.length).toBeLessThan(600);
    const module = new webAssembly.Module(result.module.bytes);
    expect(Buffer.from(webAssembly.Module.customSections(module, 'name')[0] ?? new ArrayBuffer(0)).toString('latin1')).toContain('named');
    expect(webAssembly.Module.customSections(module, 'debug')).toHaveLength(0);
  });

  test('bound the growth of tables', async () => {
    // 1 + 65535 entries is the most: table.grow answers the old size, or -1.
    const { bytes } = await prepared(`(module (memory 1) (table $t 1 funcref) (func $grow (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
      (func (export "_start") (if (i32.ne (call $grow (i32.const 65535)) (i32.const 1)) (then unreachable)) (if (i32.ne (call $grow (i32.const 1)) (i32.const -1)) (then unreachable))))`);
    const memory = new webAssembly.Memory({ initial: 1, maximum: 1 });
    const instance = new webAssembly.Instance(new webAssembly.Module(bytes), { pappus: { memory } });
    expect(() => (instance.exports[ENTRY_EXPORT] as (step: number, value: number) => number)(ENTER.run, 0)).not.toThrow();
  });
});

test('a module with any byte changed is refused or prepared, and nothing else happens', async () => {
  const code = await assembleWasm(`(module (import "wasi_snapshot_preview1" "fd_close" (func $c (param i32) (result i32))) (memory 1 9) (table 4 funcref) (elem (i32.const 0) func $f)
    (global (mut i64) (i64.const 5)) (data (i32.const 9) "abc") (tag $x) (func $f (drop (memory.grow (i32.const 1))) (drop (call $c (i32.const 1))) (block (br_table 0 0 (i32.const 1)))) ${START})`);
  const flips = fc.array(fc.record({ at: fc.nat(code.length - 1), to: fc.nat(255) }), { minLength: 1, maxLength: 3 });
  let accepted = 0;
  fc.assert(fc.property(flips, (changes) => {
    const changed = Uint8Array.from(code);
    for (const { at, to } of changes) changed[at] = to;
    if (prepareModule(changed, WASI_IMPORTABLE, LIMIT).kind === 'prepared') accepted++;
  }), { numRuns: 3_000 });
  expect(accepted).toBeGreaterThan(100);
});
