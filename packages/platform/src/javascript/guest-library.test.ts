/** What functions find in their sandbox, against Node's own where Node has it. */
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluated, input, open, printed, texts } from './testing/functions.ts';

/** The same text is evaluated by Node and in the sandbox. */
async function sameAsNode(expression: string): Promise<void> {
  const ours: unknown = await evaluated(expression);
  const theirs: unknown = JSON.parse(JSON.stringify(await runInThisContext(`(async () => (${expression}))()`)) ?? 'null');
  expect(ours, expression).toEqual(theirs);
}

const codes = '(text) => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))';

describe('text encodings', () => {
  test('decode any bytes as Node does, whole and in pieces', async () => {
    const sandbox = await open(`const codes = ${codes}; export default ({ input: [{ data }] }) => {
      const at = data[0] ?? 0;
      const stream = new TextDecoder();
      const pieces = stream.decode(data.subarray(0, at), { stream: true }) + stream.decode(data.subarray(at), { stream: true }) + stream.decode();
      let fatal;
      try { fatal = codes(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(data)); } catch (error) { fatal = error.name; }
      return { output: { all: [codes(new TextDecoder().decode(data)), codes(pieces), fatal] } };
    }`);
    const inCodes = (text: string): readonly number[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    const fatal = (bytes: Uint8Array): unknown => {
      try {
        return inCodes(new TextDecoder('utf8', { fatal: true, ignoreBOM: true }).decode(bytes));
      } catch {
        return 'TypeError';
      }
    };
    const utf8 = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => new Uint8Array(Buffer.from(text)));
    const rough = fc.array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xef, 0xbb, 0xf0, 0x9f, 0xff), { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(fc.oneof(utf8, rough), (bytes) => {
        const whole = inCodes(new TextDecoder().decode(bytes));
        const seen: unknown = JSON.parse(texts(sandbox.run(input({ bytes }), null))['all'] ?? '');
        expect(seen).toEqual([whole, whole, fatal(bytes)]);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    '[...new TextEncoder().encode("aé€😀\\ud800")]',
    '(() => { const target = new Uint8Array(5); const { read, written } = new TextEncoder().encodeInto("aé€z", target); return [read, written, ...target]; })()',
    '(() => { const target = new Uint8Array(2); const { read, written } = new TextEncoder().encodeInto("ab", target); return [read, written, ...target]; })()',
    '[atob("aGk="), btoa("hi"), new TextDecoder("utf-8").encoding, new TextEncoder().encoding]',
    '[new TextDecoder().decode(Uint8Array.of(0xef, 0xbb, 0xbf, 65)), new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.of(0xef, 0xbb, 0xbf, 65)).length]',
    'new TextDecoder().decode(new Uint16Array([0x4241]))',
  ])('%s', (expression) => sameAsNode(expression));
});

describe('URL', () => {
  const show = '((u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, [...u.searchParams]])';

  test.each([
    `${show}(new URL('https://us%20er:p@Ex%41mple.com:8080/a/../b/./c?x=1&y=a%20b+c&x=2#frag'))`,
    `${show}(new URL('../up?q', 'http://[::1]/a/b/c'))`,
    `[URL.canParse('nope'), URL.canParse('/x', 'http://a'), URL.parse('nope'), URL.parse('http://a/').href]`,
    `(() => { const u = new URL('http://a/b'); u.port = '99'; u.hash = 'h h'; u.search = '?k=v'; u.searchParams.append('z', 'é&='); u.protocol = 'https'; u.pathname = '/x y'; return ${show}(u); })()`,
    `(() => { const u = new URL('http://a/?b=1&a=2&b=3'); u.searchParams.sort(); u.searchParams.set('b', 'x'); u.searchParams.delete('a', '9'); return [u.href, u.searchParams.get('b'), u.searchParams.getAll('b'), u.searchParams.has('a', '2'), u.searchParams.size, String(u), JSON.stringify(u)]; })()`,
    `(() => { const u = new URL('http://a/?x=1'); const p = u.searchParams; u.search = ''; return [p === u.searchParams || 'new', u.href]; })()[1]`,
    `String(new URLSearchParams('?a=1&b=%zz&c&=d&e=%e2%82%ac+%2B'))`,
    `String(new URLSearchParams([['a b', "c~!'()*"], ['é', '&']]))`,
    `String(new URLSearchParams({ x: 1, y: null }))`,
    `(() => { try { new URL('http://a:b'); } catch (error) { return error.name; } })()`,
  ])('%s', (expression) => sameAsNode(expression));
});

describe('structuredClone', () => {
  test.each([
    '(() => { const a = { d: new Date(5), r: /x/gi, m: new Map([[{ k: 1 }, new Set([1, "2"])]]), b: new Uint16Array([1, 2]), n: null, u: undefined }; a.self = a; const c = structuredClone(a); return [c !== a, c.self === c, c.d.getTime(), String(c.r), [...c.m][0][0].k, [...[...c.m][0][1]], [...c.b], c.b.buffer !== a.b.buffer, "u" in c]; })()',
    '(() => { const e = structuredClone(new RangeError("m", { cause: [1] })); return [e instanceof RangeError, e.message, e.cause]; })()',
    '(() => { const b = new ArrayBuffer(8); const { x, y } = structuredClone({ x: new Uint8Array(b, 2, 3), y: new DataView(b) }); return [x.buffer === y.buffer, x.byteOffset, x.length, y.byteLength]; })()',
    '(() => { const out = []; for (const bad of [() => 1, Symbol("s"), new WeakMap(), Promise.resolve()]) { try { structuredClone(bad); } catch (error) { out.push(error.name); } } return out; })()',
    '[structuredClone(5), structuredClone("s"), structuredClone([1, , 3]).length, structuredClone(new Number(7)).valueOf(), structuredClone(10n) === 10n]',
  ])('%s', (expression) => sameAsNode(expression));
});

describe('console', () => {
  test('shows values as people expect', async () => {
    const sandbox = await open(`class Point { x = 1 }
      export default () => {
        console.log('%s is %d%%', 'a', 5, { rest: [1, 'two', { three: { four: { five: {} } } }] });
        console.log(null, undefined, -0, 10n, Symbol('s'), () => 1, function named() {}, new Point(), [undefined, null], new Date(0), /r/g);
        console.log(new Map([['k', new Set([1])]]), new Uint8Array(2), Array.from({ length: 102 }, () => 0).fill(1).slice(99), Object.create(null));
        const loop = { 'a b': 1 }; loop.loop = loop; console.log(loop);
        console.group('group'); console.log('in\\nside'); console.groupEnd(); console.count(); console.count(); console.assert(true, 'no'); console.assert(false, 'yes');
        console.warn(new TypeError('shown'));
        return {};
      }`);
    const { stdout, stderr } = printed(sandbox.run(input(), null));
    expect(stdout.split('\n')).toEqual([
      "a is 5% { rest: [ 1, \"two\", { three: { four: [Object] } } ] }",
      'null undefined -0 10n Symbol(s) [Function (anonymous)] [Function: named] Point { x: 1 } [ undefined, null ] 1970-01-01T00:00:00.000Z /r/g',
      'Map(1) { "k" => Set(1) { 1 } } Uint8Array(2) [ 0, 0 ] [ 1, 1, 1 ] [Object: null prototype] {}',
      '{ "a b": 1, loop: [Circular] }',
      'group', '  in', '  side', 'default: 1', 'default: 2', '',
    ]);
    expect(stderr).toMatch(/^Assertion failed yes\nTypeError: shown\n {4}at default \(function\.js:8:\d+\)\n$/);
  });
});

test('globals that are ours are not enumerable, and there are no more than documented', async () => {
  expect(await evaluated('Object.keys(globalThis)')).toEqual([]);
  expect(await evaluated('["require", "process", "Buffer", "SharedArrayBuffer", "WebAssembly", "Intl"].filter((name) => name in globalThis)')).toEqual([]);
});
