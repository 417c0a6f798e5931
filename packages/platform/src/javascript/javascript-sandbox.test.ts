import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sets } from '../sets/item.ts';
import { itemNameProblem } from '../sets/item-name.ts';
import { failure, input, MEBIBYTE, open, printed, problems, texts } from './testing/functions.ts';

const ECHO = 'export default ({ input }) => ({ output: input })';

describe('a JavaScript function', () => {
  test('takes items and gives items', async () => {
    const sandbox = await open('export default ({ input }) => ({ output: input.map(({ name, key, data }) => ({ name: `${name}!`, key: key + 1, data: data.reverse() })) })');
    const outcome = sandbox.run([{ name: 'input', items: [{ name: 'a', key: 41, data: Uint8Array.of(1, 2, 3) }] }], null);
    expect(outcome).toEqual({ kind: 'done', outputs: [{ name: 'output', items: [{ name: 'a!', key: 42, data: Uint8Array.of(3, 2, 1) }] }], log: null });
  });

  test('gives back any sets as they were', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => itemNameProblem(text) === null);
    const length = fc.oneof(fc.nat(40), fc.integer({ min: 4_090, max: 4_100 }), fc.constant(40_000));
    const data = fc.tuple(length, fc.nat(255)).map(([bytes, value]) => new Uint8Array(bytes).fill(value));
    const items = fc.array(fc.record({ name, key: fc.nat(0xffff_ffff), data }), { maxLength: 20 });
    const sandbox = await open('export default ({ a, b }) => ({ x: a, y: b })', { inputs: ['a', 'b'], outputs: ['x', 'y'] });
    fc.assert(
      fc.property(items, items, (a, b) => {
        const sets: Sets = [{ name: 'a', items: a }, { name: 'b', items: b }];
        expect(sandbox.run(sets, null)).toEqual({ kind: 'done', outputs: [{ name: 'x', items: a }, { name: 'y', items: b }], log: null });
      }),
      { numRuns: 40 },
    );
  });

  test('takes thousands of small items', async () => {
    const items = Array.from({ length: 5_000 }, (_, key) => ({ name: `item-${key}`, key, data: Buffer.from(String(key)) }));
    const sandbox = await open(ECHO, { limits: { outputItems: 10_000 } });
    const outcome = sandbox.run([{ name: 'input', items }], null);
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    expect(outcome.outputs[0]?.items.map(({ name, key, data }) => `${name} ${key} ${Buffer.from(data).toString()}`)).toEqual(items.map(({ name, key }) => `${name} ${key} ${key}`));
  });

  test('reads items as text and as JSON', async () => {
    const sandbox = await open('export default ({ input: [text, json] }) => ({ output: { text: text.text().toUpperCase(), json: json.json().a[1] } })');
    expect(texts(sandbox.run(input({ text: '\ufeffgrün', json: '{"a":[1,"zwei"]}' }), null))).toEqual({ text: 'GRÜN', json: 'zwei' });
  });

  test('gives bytes, text and JSON, in a list or by name', async () => {
    const sandbox = await open(`export const run = () => ({
      a: { bytes: Uint8Array.of(65), view: new DataView(Uint8Array.of(66, 67).buffer, 1), buffer: Uint8Array.of(68).buffer, text: 'ü', json: [1, { x: null }], number: 7 },
      b: [{ name: 'x', data: 'no key' }],
    })`, { outputs: ['a', 'b', 'c'] });
    const outcome = sandbox.run(input(), null);
    expect(texts(outcome)).toEqual({ bytes: 'A', view: 'C', buffer: 'D', text: 'ü', json: '[1,{"x":null}]', number: '7' });
    expect(outcome.kind === 'done' && outcome.outputs.slice(1)).toEqual([{ name: 'b', items: [{ name: 'x', key: 0, data: new Uint8Array(Buffer.from('no key')) }] }, { name: 'c', items: [] }]);
  });

  test('may be async, and may await at its top level', async () => {
    const sandbox = await open('const table = await Promise.resolve([1, 2]); export default async () => { await null; await null; return { output: { sum: table[0] + table[1] } } }');
    expect(texts(sandbox.run(input(), null))).toEqual({ sum: '3' });
  });

  test('sees argv, environment and stdin', async () => {
    const sandbox = await open('export default (_, context) => ({ output: { argv: context.argv, environment: context.environment, stdin: new TextDecoder().decode(context.stdin) } })', {
      capabilities: { environment: { MODE: 'fast', REGION: 'eu' } },
    });
    expect(texts(sandbox.run(input(), null))).toEqual({ argv: '[]', environment: '{"MODE":"fast","REGION":"eu"}', stdin: '' });
    const stdio = { name: 'stdio', items: Object.entries({ argv: '-v\0two words\0', environment: 'REGION=us\0', stdin: 'in' }).map(([name, text]) => ({ name, key: 0, data: Buffer.from(text) })) };
    expect(texts(sandbox.run(input(), stdio))).toEqual({ argv: '["-v","two words"]', environment: '{"MODE":"fast","REGION":"us"}', stdin: 'in' });
  });

  test('prints to stdout and stderr, up to a limit', async () => {
    const sandbox = await open(`export default ({ input }) => { for (const { name } of input) { console.log('out', name); console.error('err', { name }); } return {} }`, { limits: { logBytes: 12 } });
    expect(printed(sandbox.run(input({ a: '' }), null))).toEqual({ stdout: 'out a\n', stderr: "err { name: " });
    expect(sandbox.run(input({ a: '', b: '', c: '' }), null).log).toMatchObject({ droppedBytes: 3 * (6 + 18) - 2 * 12 });
    expect(sandbox.run(input(), null).log).toBeNull();
  });

  test('has buffers of its own in its items', async () => {
    const sandbox = await open('export default ({ input }) => ({ output: { all: input.map(({ data }) => [data.byteOffset, data.buffer.byteLength, data.buffer.slice(0).byteLength]) } })');
    expect(texts(sandbox.run(input({ a: 'abc', b: new Uint8Array(5_000) }), null))).toEqual({ all: '[[0,3,3],[0,5000,5000]]' });
  });
});

describe('a failing JavaScript function', () => {
  test.each([
    ['throw new TypeError("no")', 'TypeError: no'],
    ['throw 5', '5 was thrown'],
    ['null.x', "TypeError: cannot read property 'x' of null"],
    ['class Odd extends Error { get message() { throw 1 } } throw new Odd()', 'Error'],
    ['return Promise.reject(new RangeError("late"))', 'RangeError: late'],
    ['return new Promise(() => {})', 'Error: the promise that the function returned never settles: nothing is left to run'],
    ['queueMicrotask(() => { throw new Error("in a job") }); return new Promise(() => {})', 'Error: in a job'],
    ['fetch("http://example.com")', 'Error: fetch is not there: functions make no I/O: fetch by the HTTP function in a composition, and take its responses as an input set'],
    ['setTimeout(() => {}, 5)', 'Error: setTimeout is not there: functions have no timers, since the same inputs must give the same outputs'],
    ['crypto.randomUUID()', 'Error: crypto has no randomness: declare the capability "random" when you deploy the function'],
    ['return import("node:fs")', "ReferenceError: could not load module 'node:fs'"],
  ])('says what %s throws', async (body, message) => {
    const sandbox = await open(`export default () => { ${body} }`);
    expect(failure(sandbox.run(input(), null))).toMatchObject({ kind: 'exception', message });
  });

  test('names the lines of its own calls only', async () => {
    const sandbox = await open('function inner() {\n  throw new Error("x");\n}\nexport default () => [1].map(inner);');
    expect(failure(sandbox.run(input(), null))).toEqual({ kind: 'exception', message: 'Error: x', stack: '    at inner (function.js:2:13)\n    at default (function.js:4:30)' });
  });

  test.each([
    ['5', 'the function returned 5: return an object with the output sets output'],
    ['({ outputs: [] })', 'the function returned the set "outputs", which it does not declare; it declares output'],
    ['({ output: "text" })', 'the output set "output" is no set: give [{ name, data }, …] or { name: data, … }'],
    ['({ output: [1] })', 'item 0 of the output set "output" is 1: give { name, data } or { name, key, data }'],
    ['({ output: [{ data: "" }] })', 'item 0 of the output set "output" has no name: give { name, data } or { name, key, data }'],
    ['({ output: [{ name: "x", key: 1.5, data: "" }] })', 'item 0 of the output set "output" has the key 1.5: a key is a whole number from 0 to 4294967295'],
    ['({ output: [{ name: "x" }] })', 'item 0 of the output set "output" has no data: give a Uint8Array, a string, or a value for JSON'],
    ['({ output: [{ name: "../x", data: "" }] })', 'output set "output": the item name "../x" has the part ".."'],
    ['({ output: [{ name: "a\\0b", data: "" }] })', 'output set "output": the item name "a\\u0000b" has a control character'],
    ['({ output: { ["n".repeat(1e6)]: "" } })', 'output set "output": the item name "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…" has more than 1024 bytes'],
  ])('says what is wrong with %s', async (value, message) => {
    const sandbox = await open(`export default () => ${value}`);
    expect(failure(sandbox.run(input(), null))).toEqual({ kind: 'invalid-output', message });
  });

  test.each([
    ['memory by many arrays', 'const all = []; for (;;) all.push(new Array(1000).fill(1.5))', 'memory'],
    ['memory by large buffers', 'const all = []; for (;;) all.push(new Uint8Array(1 << 20))', 'memory'],
    ['memory by one buffer', 'new Uint8Array(1 << 30)', 'memory'],
    ['memory by strings', 'const all = []; for (let i = 0; ; i++) all.push(String(i).repeat(10000).toUpperCase())', 'memory'],
    ['memory in a promise', 'return Promise.resolve().then(() => { const all = []; for (;;) all.push({}) })', 'memory'],
    ['calls', 'const deeper = () => deeper() + 1; deeper()', 'stack'],
    ['calls through the library', 'const deeper = () => [1].map(deeper); deeper()', 'stack'],
    ['calls through JSON', 'let nested = {}; for (let i = 0; i < 1e5; i++) nested = { nested }; JSON.stringify(nested)', 'stack'],
    ['output bytes', 'return { output: { x: new Uint8Array(9 << 20) } }', 'output-bytes'],
    ['output items', 'return { output: Array.from({ length: 100000 }, (_, i) => ({ name: `${i}`, data: "" })) }', 'output-items'],
  ])('is bounded: %s', async (_, body, limit) => {
    const sandbox = await open(`export default ({ input }) => { if (input.length > 0) { ${body} } return { output: { fine: 1 } } }`);
    expect(failure(sandbox.run(input({ bomb: '' }), null))).toMatchObject({ kind: 'limit', limit });
    expect(texts(sandbox.run(input(), null))).toEqual({ fine: '1' });
  });

  test('may catch what its memory limit causes and go on', async () => {
    const sandbox = await open('export default () => { try { const all = []; for (;;) all.push(new Uint8Array(65536)); } catch (error) { return { output: { error: String(error) } } } }');
    expect(texts(sandbox.run(input(), null))).toEqual({ error: 'InternalError: out of memory' });
  });

  test('is told when its inputs do not fit', async () => {
    const sandbox = await open(ECHO, { limits: { memoryBytes: 4 * MEBIBYTE } });
    expect(failure(sandbox.run(input({ large: new Uint8Array(5 * MEBIBYTE) }), null))).toMatchObject({ kind: 'limit', limit: 'memory' });
    expect(texts(sandbox.run(input({ small: 'fits' }), null))).toEqual({ small: 'fits' });
  });
});

describe('preparing', () => {
  test.each([
    ['a syntax error', 'export default () => {\n  const x = ;\n}', ["function.js:2:13: SyntaxError: unexpected token in expression: ';'"]],
    ['no function', 'export const a = 1, b = 2;', ['the module must export the function: export default function (inputs) { return { … } }; it exports a, b']],
    ['nothing', '', ['the module must export the function: export default function (inputs) { return { … } }; it exports nothing']],
    ['an import', 'import fs from "node:fs"; export default () => fs;', ['the module imports "node:fs", but a function is one file: bundle it (pappus deploy does)']],
    ['a top level that throws', 'console.error("first"); throw new Error("top")', ['function.js:1:35: Error: top', 'the module printed: first']],
    ['a top level that never ends', 'await new Promise(() => {}); export default () => {}', ["the module's top level never ends: it awaits a promise that nothing settles"]],
    ['a top level without end of memory', 'const all = []; for (;;) all.push({}); export default () => all', ['function.js: InternalError: out of memory']],
  ])('refuses %s', async (_, source, expected) => {
    expect((await problems(source)).map((problem) => problem.replace(/function\.js:\d+:\d+: InternalError/, 'function.js: InternalError'))).toEqual(expected);
  });

  test('refuses a memory limit that is too small, and names every problem', async () => {
    expect(await problems('export default () => ({})', { limits: { memoryBytes: MEBIBYTE } })).toEqual([expect.stringContaining('needs a memory limit of at least')]);
  });

  test('keeps what the top level computed', async () => {
    const sandbox = await open('const table = new Map(Array.from({ length: 10000 }, (_, i) => [`k${i}`, i * i])); export default ({ input }) => ({ output: { value: table.get(input[0].text()) } })');
    expect(texts(sandbox.run(input({ q: 'k99' }), null))).toEqual({ value: '9801' });
  });
});
