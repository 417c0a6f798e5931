import { assembleWasm, leanProgram, SAME_ITEMS } from '@pappus/testkit';
import { describe, expect, test } from 'vitest';
import type { SandboxFactory } from './sandbox.ts';
import { assembleEach, openModule, testFactory, testSpec } from './testing/assemble.ts';
import { inputOf, item, plainOutputs, sandboxCompliance } from './testing/compliance.ts';
import { leanPrograms } from './testing/lean-programs.ts';
import { wasiPrograms } from './testing/wasi-programs.ts';


for (const [pooled, marks] of [[false, 'always'], [false, 'never'], [true, 'always'], [true, 'never']] as const) {
  const mode = `${pooled ? 'pooled' : 'reset'}, writes are marked: ${marks}`;
  const factory = (): SandboxFactory => testFactory(marks);
  const canaryRuns = marks === 'always' ? 4_000 : 1_000;
  // A lean module prints and exits through WASI, if at all: it has no such programs.
  sandboxCompliance(`the lean interface, ${mode}`, { factory, programs: assembleEach(leanPrograms(pooled)), canaryRuns });
  sandboxCompliance(`WASI, ${mode}`, { factory, programs: assembleEach(wasiPrograms(pooled)), canaryRuns });
}

describe('the mode of isolation', () => {
  test.each([[false, 'reset'], [true, 'pooled']] as const)('is what the programs of the suite are made for', async (pooled, mode) => {
    const programs = { ...leanPrograms(pooled), ...wasiPrograms(pooled) };
    for (const text of Object.values(programs)) expect((await openModule(text)).mode).toBe(mode);
  });
});

const lean = (body: string, more = ''): string => `(module (memory 1 3) ${more}
  (func (export "pappus_alloc") (param i32) (result i32) (i32.const 4096))
  (func $main (export "pappus_run") (param $in i32) (result i32) ${body}))`;

describe('traps', () => {
  test.each([
    ['unreachable', 'unreachable instruction'],
    ['(i32.load (i32.const -8))', 'memory access out of bounds'],
    ['(i32.div_s (i32.const 1) (i32.const 0))', 'division by zero'],
    ['(i32.rem_u (i32.const 1) (i32.const 0))', 'division by zero'],
    ['(i32.div_s (i32.const 0x80000000) (i32.const -1))', 'integer overflow'],
    ['(i32.trunc_f32_s (f32.const nan))', 'conversion of a number that does not fit'],
    ['(call_indirect (param i32) (result i32) (i32.const 1) (i32.const 9))', 'table access out of bounds'],
    ['(call_indirect (param i32) (result i32) (i32.const 1) (i32.const 0))', 'indirect call of the wrong type'],
    ['(call_indirect (param i32) (result i32) (i32.const 1) (i32.const 1))', 'indirect call of the wrong type'],
    ['(memory.init $d (i32.const 0) (i32.const 2) (i32.const 9)) (i32.const 0)', 'memory access out of bounds'],
  ])('%s is: %s', async (body, trap) => {
    const sandbox = await openModule(lean(body, '(table 2 funcref) (elem (i32.const 1) $none) (func $none) (data $d "abc")'));
    for (let run = 0; run < 2; run++) expect(sandbox.run(inputOf(), null)).toMatchObject({ kind: 'failed', failure: { kind: 'trap', trap, functionName: 'main' } });
  });

  test('an exception that nobody catches is one', async () => {
    const sandbox = await openModule(lean('(throw $e)', '(tag $e)'));
    expect(sandbox.run(inputOf(), null)).toMatchObject({ failure: { kind: 'trap', trap: 'uncaught exception' } });
  });

  test('the offset is that of the deployed module, however the code has moved', async () => {
    // The same trap behind more and more code that is rewritten, before it and in its own function.
    const grows = '(drop (memory.grow (i32.const 0))) (drop (memory.size))';
    for (const [before, own] of [[0, 0], [1, 0], [0, 1], [40, 3], [3, 70]] as const) {
      const functions = Array.from({ length: 130 }, (_, index) => `(func $f${index} ${grows.repeat(before)})`).join(' ');
      const code = await assembleWasm(lean(`${grows.repeat(own)} (unreachable) ${grows.repeat(2)} (i32.const 0)`, functions));
      const outcome = (await openModule(code)).run(inputOf(), null);
      if (outcome.kind !== 'failed' || outcome.failure.kind !== 'trap') throw new Error('no trap');
      const at = outcome.failure.offset ?? -1;
      // `unreachable`, and what follows it.
      expect([...code.subarray(at, at + 3)]).toEqual([0x00, 0x41, 0x00]);
      expect(outcome.failure.functionName).toBe('main');
    }
  });
});

describe('memory', () => {
  const size = (body: string): string => lean(`${body}
    (i32.store (i32.const 64) (i32.const 80)) (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (i32.const 96)) (i32.store (i32.const 92) (i32.const 1))
    (i32.store (i32.const 96) (i32.const 128)) (i32.store (i32.const 100) (i32.const 1)) (i32.store8 (i32.const 128) (i32.const 115))
    (i32.store (i32.const 108) (i32.const 136)) (i32.store (i32.const 112) (i32.const 3)) (i32.const 64)`);
  const numbers = async (body: string, changes = {}): Promise<unknown> => {
    const sandbox = await openModule(size(body), changes);
    const first = plainOutputs(sandbox.run(inputOf(), null));
    for (let run = 0; run < 3; run++) expect(plainOutputs(sandbox.run(inputOf(), null))).toEqual(first);
    const [[, , data]] = (first as { readonly out: readonly [readonly [string, number, string]] }).out;
    return [...Buffer.from(data, 'latin1')];
  };
  const store = (at: number, value: string): string => `(i32.store8 (i32.const ${at}) ${value})`;

  test('grows up to what the module declares, as the module sees it', async () => {
    expect(await numbers(store(136, '(memory.size)') + store(137, '(memory.grow (i32.const 2))') + store(138, '(memory.size)'))).toEqual([1, 1, 3]);
    expect(await numbers(store(136, '(memory.grow (i32.const 3))') + store(137, '(memory.grow (i32.const -1))') + store(138, '(memory.size)'))).toEqual([255, 255, 1]);
  });

  test('grows up to the limit of the function', async () => {
    expect(await numbers(store(136, '(memory.grow (i32.const 1))') + store(137, '(memory.grow (i32.const 1))') + store(138, '(memory.size)'), { limits: { memoryBytes: 131_072 } })).toEqual([1, 255, 2]);
  });

  test('that grew is zero again in the next run, within the headroom and beyond it', async () => {
    for (const pages of [1, 60]) {
      const text = size(`(drop (memory.grow (i32.const ${pages}))) ${store(136, `(i32.load8_u (i32.const ${pages * 65_536 + 65_000}))`)} (memory.fill (i32.const 65536) (i32.const 9) (i32.const ${pages * 65_536}))`).replace('(memory 1 3)', '(memory 1)');
      const sandbox = await openModule(text);
      for (let run = 0; run < 5; run++) expect(plainOutputs(sandbox.run(inputOf(), null))).toEqual({ out: [['s', 0, '\0\0\0']] });
    }
  });

  test('beyond the headroom does not exist', async () => {
    const sandbox = await openModule(lean('(drop (memory.grow (i32.const 1))) (i32.load (i32.const 4000000))'));
    expect(sandbox.run(inputOf(), null)).toMatchObject({ failure: { trap: 'memory access out of bounds' } });
  });

  test('hundreds of runs that grow far do not run out of address space', async () => {
    const sandbox = await openModule(lean('(drop (memory.grow (i32.const 40))) unreachable').replace('(memory 1 3)', '(memory 1)'));
    for (let run = 0; run < 2_000; run++) expect(sandbox.run(inputOf(), null).kind).toBe('failed');
  });
});

describe('start functions', () => {
  test('run in each run, before everything else', async () => {
    const start = '(global $started (mut i32) (i32.const 0)) (start $begin) (func $begin (global.set $started (i32.add (global.get $started) (i32.const 1))))';
    const text = leanProgram(`(if (i32.ne (global.get $started) (i32.const 1)) (then unreachable)) ${SAME_ITEMS}`, { more: start });
    const sandbox = await openModule(text);
    for (let run = 0; run < 3; run++) expect(plainOutputs(sandbox.run(inputOf(item('a', 'b')), null))).toEqual({ out: [['a', 0, 'b']] });
  });
});

describe('hostile lean outputs', () => {
  const output = (body: string): string => lean(`(i32.store (i32.const 64) (i32.const 80)) (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (i32.const 96)) (i32.store (i32.const 92) (i32.const 1))
    (i32.store (i32.const 96) (i32.const 128)) (i32.store (i32.const 100) (i32.const 2)) (i32.store (i32.const 128) (i32.const 0x6161))
    ${body} (i32.const 64)`);

  test.each([
    ['an address outside the memory', '(return (i32.const 0x7fffffff))', /outside the memory/],
    ['no address', '(return (i32.const 0))', /its result is 0/],
    ['another number of sets', '(i32.store (i32.const 68) (i32.const 2))', /2 sets, but 1 are declared/],
    ['a table of items outside', '(i32.store (i32.const 88) (i32.const 65530))', /outside the memory/],
    ['data outside', '(i32.store (i32.const 108) (i32.const 65000)) (i32.store (i32.const 112) (i32.const 1000))', /outside the memory/],
    ['data whose end overflows', '(i32.store (i32.const 108) (i32.const -8)) (i32.store (i32.const 112) (i32.const 16))', /outside the memory/],
    ['a long name', '(i32.store (i32.const 100) (i32.const 40000))', /40000 bytes/],
    ['a name that is not UTF-8', '(i32.store (i32.const 128) (i32.const 0xffff))', /UTF-8/],
    ['a name that leads upwards', '(i32.store (i32.const 128) (i32.const 0x2e2e))', /"\.\."/],
    ['an empty name', '(i32.store (i32.const 100) (i32.const 0))', /empty/],
    ['a name with NUL', '(i32.store (i32.const 128) (i32.const 0x0061))', /control/],
  ])('%s is an invalid output', async (_, body, message) => {
    const sandbox = await openModule(output(body));
    for (let run = 0; run < 2; run++) expect(sandbox.run(inputOf(), null)).toMatchObject({ failure: { kind: 'invalid-output', message: expect.stringMatching(message) } });
  });

  test('four billion items are too many', async () => {
    const sandbox = await openModule(output('(i32.store (i32.const 92) (i32.const -1))'));
    expect(sandbox.run(inputOf(), null)).toMatchObject({ failure: { kind: 'limit', limit: 'output-items' } });
  });
});

test('a sandbox that was opened twice shares nothing but its pool', async () => {
  const factory = testFactory();
  const spec = testSpec();
  const prepared = await factory.prepare(await assembleWasm(leanPrograms(false).canary), spec);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  for (let round = 0; round < 20; round++) {
    const sandboxes = [await factory.open(prepared.module, spec), await factory.open(prepared.module, spec)];
    for (const sandbox of sandboxes) expect(plainOutputs(sandbox.run(inputOf(item('a', Uint8Array.of(2))), null))).toEqual({ out: [['s', 0, '\0']] });
    for (const sandbox of sandboxes) sandbox.rest();
  }
});

test.each([['data', '(data (i32.const 65535) "abc")'], ['element', '(table 1 funcref) (func $f) (elem (i32.const 1) $f)']])('a module whose %s segments do not fit is refused at registration', async (_, segment) => {
  const code = await assembleWasm(`(module (memory 1) ${segment} (func (export "_start")))`);
  expect(await testFactory().prepare(code, testSpec())).toMatchObject({ kind: 'refused', problems: [expect.stringMatching(/no instance/)] });
});

test.each(['(i32.store offset=9 (i32.const 0x7fffffff) (i32.const 1))', '(f64.store (i32.const -1) (f64.const 1))', '(memory.fill (i32.const 65000) (i32.const 1) (i32.const 60000000))', '(i32.store (i32.const 4) (i32.div_u (i32.const 1) (i32.const 0)))'])(
  'a trap is reported at its place, whether writes are marked or not: %s',
  async (body) => {
    const text = leanPrograms(false).trap.replace('(drop (i32.div_u (i32.const 1) (i32.load (i32.const 65532))))', body).replace('(memory.fill (i32.const 0) (i32.const 255) (i32.const 60000))', '');
    const [marked, plain] = await Promise.all((['always', 'never'] as const).map(async (marks) => (await openModule(text, {}, testFactory(marks))).run(inputOf(), null)));
    expect(marked).toMatchObject({ failure: { kind: 'trap', functionName: 'deep', offset: expect.any(Number) } });
    expect(marked).toEqual(plain);
  },
);

test('programs that end by exit(0) have succeeded', async () => {
  const text = wasiPrograms(false).exit.replace('$proc_exit (i32.const 3)', '$proc_exit (i32.const 0)');
  expect(plainOutputs((await openModule(text)).run(inputOf(), null))).toEqual({ out: [] });
});

test('a guest that catches the exception of its end has ended all the same', async () => {
  const text = wasiPrograms(false).exit.replace('(call $proc_exit (i32.const 3)) unreachable', '(try_table (catch_all 0) (call $proc_exit (i32.const 3)))');
  const sandbox = await openModule(text);
  for (let run = 0; run < 2; run++) expect(sandbox.run(inputOf(), null)).toMatchObject({ failure: { kind: 'exit', code: 3 } });
});

test('memory is given for larger inputs without growth in earnest, and it is clean', async () => {
  const sandbox = await openModule(leanPrograms(false).copy, { limits: { memoryBytes: 67_108_864, outputBytes: 67_108_864 } });
  const before = sandbox.keptBytes;
  for (const bytes of [10, 100_000, 1_000_000, 6_000_000, 10]) {
    const data = new Uint8Array(bytes).fill(bytes);
    expect(sandbox.run(inputOf(item('a', data)), null)).toMatchObject({ kind: 'done' });
  }
  // One memory for each of the first three sizes was kept; 6 MB wanted 192 pages and got the next step.
  expect(sandbox.keptBytes - before).toBe((11 + 35 + 515) * 65_536);
});
