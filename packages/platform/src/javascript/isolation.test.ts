import { seededRandom } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import type { RunOutcome, Sandbox } from '../sandbox/sandbox.ts';
import { evaluateBytecode, makeBaseImage } from './base-image.ts';
import { compile } from './compilation.ts';
import { SCRATCH_BYTES, scratchAt } from './guest-values.ts';
import { PAGE_BYTES } from './limits.ts';
import { QuickJsInstance, REACHED_STACK_START } from './quickjs-instance.ts';
import { failure, input, javaScriptSpec, MEBIBYTE, newFactory, open, printed, texts } from './testing/functions.ts';

/** Leaves a mark wherever a program can, and reports every mark that it finds. */
const CANARY = `
const kept = [];
let counter = 0;
export default ({ input }) => {
  const found = [];
  if (counter !== 0) found.push('a module variable');
  if (kept.length !== 0) found.push('a module array');
  if (globalThis.canary !== undefined) found.push('a global');
  if ({}.canary !== undefined) found.push('Object.prototype');
  if ([].canary !== undefined) found.push('Array.prototype');
  if (JSON.stringify({ a: 1 }) !== '{"a":1}') found.push('JSON');
  if (Math.max(1, 2) !== 2) found.push('Math');
  if (Symbol.for('canary').description === undefined) found.push('symbols');
  if (new TextDecoder().decode(Uint8Array.of(104)) !== 'h') found.push('TextDecoder');
  if (input[0].text() !== 'clean') found.push('Item');
  if (/x/.lastCanary !== undefined) found.push('RegExp');
  if (new Error('x').stack === 'canary') found.push('Error');
  counter += 1;
  kept.push(input[0].data, new Uint8Array(2000 + counter).fill(0xca));
  globalThis.canary = 'canary';
  Object.prototype.canary = 1;
  Array.prototype.canary = 1;
  RegExp.prototype.lastCanary = 1;
  JSON.stringify = () => 'canary';
  Math.max = () => 0;
  TextDecoder.prototype.decode = () => 'canary';
  input[0].constructor.prototype.text = () => 'canary';
  Error.prepareStackTrace = () => 'canary';
  Promise.resolve().then(() => { globalThis.late = 1; });
  delete globalThis.Map;
  return { output: found.map((name, key) => ({ name, key, data: '' })) };
};`;

const clean = input({ mark: 'clean' });

describe('isolation of runs', () => {
  test('10,000 runs find nothing of an earlier one', { timeout: 60_000 }, async () => {
    const sandbox = await open(CANARY);
    for (let run = 0; run < 10_000; run++) {
      const outcome = sandbox.run(clean, null);
      if (outcome.kind !== 'done' || outcome.outputs[0]?.items.length !== 0) expect(texts(outcome), `run ${run}`).toEqual({});
    }
  });

  test('the memory is the same to the byte as that of a new instance, whatever another function did', async () => {
    const base = makeBaseImage();
    const kept = new QuickJsInstance({ call: (instance) => instance.exports.qjs_get_undefined(), clockNs: () => 0n });
    const random = seededRandom(7);
    for (let round = 0; round < 10; round++) {
      kept.restore(base.state, 256);
      const from = kept.exports.wasm_malloc(random.uint32() % (8 * MEBIBYTE));
      // As a broken engine would: anywhere, not only where the guest may.
      for (let i = 0; i < 1_000; i++) kept.bytes[random.uint32() % kept.bytes.length] = 0xca;
      kept.exports.__stack_pointer.value -= 4_096;
      expect(from).not.toBe(0);
      kept.restore({ ...base.state, program: {} }, 256);
      const fresh = new QuickJsInstance({ call: () => 0, clockNs: () => 0n });
      fresh.restore(base.state, 256);
      const known = fresh.pages * PAGE_BYTES;
      expect(Buffer.compare(kept.bytes.subarray(0, known), fresh.bytes)).toBe(0);
      expect(Buffer.compare(kept.bytes.subarray(known), Buffer.alloc(kept.bytes.length - known))).toBe(0);
      expect([kept.pages, kept.exports.__stack_pointer.value]).toEqual([fresh.pages, fresh.exports.__stack_pointer.value]);
    }
  });

  test('the part of the stack region that is not cleared between runs is never reached', async () => {
    const instance = new QuickJsInstance({ call: (self) => self.exports.qjs_get_undefined(), clockNs: () => 0n });
    instance.restore(makeBaseImage().state, 512);
    const scratch = scratchAt(instance.allocate(SCRATCH_BYTES));
    const deep = [
      'const f = () => f(); f()', 'const f = () => [1].map(f); f()', 'const f = () => [2, 1].sort(f); f()', 'const f = () => "a".replace(/a/, f); f()',
      'const f = () => JSON.stringify({ toJSON: f }); f()', 'const f = () => new Proxy({}, { get: f }).x; f()', 'const f = () => f(...new Array(20000)); f()',
      'const f = () => eval("f()"); f()', 'function* f() { yield* f() } f().next()', 'const f = () => Reflect.construct(class { constructor() { f() } }, []); f()',
      'JSON.parse("[".repeat(1e5))', 'eval("(".repeat(1e5))', 'new RegExp("(".repeat(1e5))', '/(a?){50000}/.test("a".repeat(5e4))', 'let n = {}; for (let i = 0; i < 1e5; i++) n = { n }; JSON.stringify(n)',
      'String.raw({ raw: "x".repeat(1e5) }, ...Array.from({ length: 9e4 }, String))', '(1e308).toFixed(100) + (1 / 3).toString(2) + 2n ** 100000n',
    ];
    for (const source of deep) {
      const bytecode = compile(instance, { source: Buffer.from(`try { ${source} } catch {}`), fileName: 'deep', isModule: false, traced: false }, scratch);
      try {
        if (bytecode !== null) evaluateBytecode(instance, bytecode);
      } catch (thrown) {
        // V8's own stack, on a thread that has little of it.
        expect(thrown, source).toBeInstanceOf(RangeError);
      }
      expect(instance.bytes.subarray(0, REACHED_STACK_START).equals(Buffer.alloc(REACHED_STACK_START)), source).toBe(true);
    }
  });

  test('a kept instance and a new one give the same, for programs that allocate, fail and grow in any order', { timeout: 60_000 }, async () => {
    const sources = [
      'export default ({ input }) => ({ output: { n: input.length, random: Math.random(), keys: Object.keys(globalThis).length } })',
      'const state = { n: 0 }; export default () => { state.n++; const all = []; for (let i = 0; i < 20000; i++) all.push({ i }); return { output: { n: state.n, sum: all.length } } }',
      'export default () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20)) }',
      'export default () => { const f = () => f() + 1; return f() }',
      'export default async () => { for (let i = 0; i < 100; i++) await i; return { output: { order: [..."cab"].sort().join("") } } }',
      'globalThis.shared = Symbol("x"); export default () => { const text = "é".repeat(100000); return { output: { hash: [...text].reduce((h, c) => (h * 31 + c.codePointAt(0)) | 0, 7) } } }',
    ];
    const kept = newFactory();
    const sandboxes = await Promise.all(sources.map((source) => open(source, {}, kept)));
    const expected = await Promise.all(sources.map(async (source) => (await open(source, {}, newFactory())).run(input(), null)));
    const random = seededRandom(11);
    for (let run = 0; run < 60; run++) {
      const which = random.uint32() % sources.length;
      expect((sandboxes[which] as Sandbox).run(input(), null), sources[which] as string).toEqual(expected[which] as RunOutcome);
    }
  });
});

describe('purity', () => {
  const SEEN = 'export default () => ({ output: { seen: [Date.now(), new Date().toISOString(), performance.now(), Math.random(), new Date(5).getTimezoneOffset()] } })';

  test('a function without capabilities sees no clock and the same randomness each time', async () => {
    const sandbox = await open(SEEN);
    const first = texts(sandbox.run(input(), null));
    expect(first['seen']).toMatch(/^\[0,"1970-01-01T00:00:00\.000Z",0,0\.\d+,0\]$/);
    expect(texts(sandbox.run(input(), null))).toEqual(first);
    expect(texts((await open(SEEN, {}, newFactory())).run(input(), null))).toEqual(first);
  });

  test('a declared clock and declared randomness are those of the factory', async () => {
    const clock = { nowMs: () => 12.5, wallMs: () => 86_400_000, schedule: () => ({ cancel: () => undefined }) };
    const source = 'const early = Math.random(); export default () => ({ output: { seen: [Date.now(), performance.now(), Math.random() === Math.random(), crypto.getRandomValues(new Uint8Array(2)).length, crypto.randomUUID().length, early === Math.random()] , value: Math.random() } })';
    const sandbox = await open(source, { capabilities: { clock: true, random: true } }, newFactory(clock, seededRandom(1)));
    const first = texts(sandbox.run(input(), null));
    expect(first['seen']).toBe('[86400000,12.5,false,2,36,false]');
    expect(texts(sandbox.run(input(), null))['value']).not.toBe(first['value']);
  });

  test('preparing the same function anywhere gives the same bytes', async () => {
    const bytes = async (): Promise<string> => {
      const prepared = await newFactory().prepare(Buffer.from(CANARY), javaScriptSpec());
      return prepared.kind === 'prepared' ? Buffer.from(prepared.module.bytes).toString('hex') : '';
    };
    expect(await bytes()).toBe(await bytes());
  });
});

describe('the memory of instances', () => {
  test('is never larger than the limit, and grows only through the host', async () => {
    const instance = new QuickJsInstance({ call: () => 0, clockNs: () => 0n });
    instance.restore(makeBaseImage().state, 40);
    let blocks = 0;
    while (instance.exports.wasm_malloc(MEBIBYTE / 2) !== 0) blocks += 1;
    expect(blocks).toBeGreaterThan(1);
    expect(instance.bytes.length).toBe(instance.exports.memory.buffer.byteLength);
    expect(instance.bytes.length).toBeLessThanOrEqual(40 * PAGE_BYTES);
    expect(instance.refused).toBe(true);
  });

  test('a small function runs after a large one, and the other way round', async () => {
    const large = await open('export default ({ input }) => { const all = []; for (let i = 0; i < 16; i++) all.push(new Uint8Array(1 << 20).fill(i)); return { output: { sum: all.length } } }');
    const small = await open('export default () => ({ output: { small: new Uint8Array(100000).every((byte) => byte === 0) } })');
    for (let run = 0; run < 5; run++) {
      expect(texts(large.run(input(), null))).toEqual({ sum: '16' });
      expect(texts(small.run(input(), null))).toEqual({ small: 'true' });
    }
  });

  test.each(['console.log("x".repeat(1e5) + i)', 'console.log("é".repeat(5e4) + i)', 'new TextDecoder().decode(new Uint8Array(1e5))', 'new TextDecoder().decode(new Uint8Array(1e5).fill(0xff))', 'new TextEncoder().encode("x".repeat(1e5))', 'new URL("http://a/" + "x".repeat(1e4)).pathname', 'input[0].text()'])('is not used up by many calls of %s', async (call) => {
    const sandbox = await open(`export default ({ input }) => { for (let i = 0; i < 2000; i++) ${call}; return { output: { well: 'done' } } }`);
    expect(texts(sandbox.run(input({ long: 'x'.repeat(100_000) }), null))).toEqual({ well: 'done' });
  });

  test('what a run printed before it failed is its own', async () => {
    const loud = await open('export default ({ input }) => { console.log(input[0].name); if (input[0].name === "bad") throw new Error("x"); return {} }');
    const bad = loud.run(input({ bad: '' }), null);
    expect([failure(bad).kind, printed(bad).stdout]).toEqual(['exception', 'bad\n']);
    expect(printed(loud.run(input({ good: '' }), null)).stdout).toBe('good\n');
  });
});
