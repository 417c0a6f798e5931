import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../check/check.ts';
import { MAX_APPLICATIONS, MAX_DIAGNOSTICS, MAX_ITEMS, MAX_NAME_CHARS, MAX_SETS_OF_FUNCTION, MAX_SOURCE_BYTES } from '../limits.ts';
import { programs } from '../testing/programs.ts';
import { checkRobust, mutated, randomBytes, randomText, randomTokens } from '../testing/robustness.ts';
import { parse } from './parser.ts';

const codes = (text: string): readonly string[] => parse(text).diagnostics.map(({ code }) => code);

describe('any text', () => {
  test.each([
    ['random bytes', randomBytes],
    ['random text', randomText],
    ['random tokens', randomTokens],
    ['mutated programs', mutated([...programs('good'), ...programs('bad')].map(({ text }) => text))],
  ])('%s are parsed and checked within bounds', (_, texts) => {
    fc.assert(fc.property(texts, checkRobust), { numRuns: 300 });
  });

  test.each([';', '(', ')', '{', '}', 'a ', 'f(', '/', '/*', '/**/', '"', '@', '=', '=>', 'a-', '\n', '\u0301', '\ud800', 'function f() => ();', 'composition c() => () {', 'f(a = all b) => ();', 'function f(a,'])(
    'nothing but %j ends',
    (piece) => {
      const text = piece.repeat(100_000 / piece.length);
      expect(compile(text).diagnostics.length).toBeLessThanOrEqual(MAX_DIAGNOSTICS);
    },
  );
});

describe('limits', () => {
  test('of the source', () => {
    expect(codes(`//${'x'.repeat(MAX_SOURCE_BYTES - 2)}`)).toEqual([]);
    expect(codes(`//${'x'.repeat(MAX_SOURCE_BYTES - 1)}`)).toEqual(['source-too-long']);
    expect(codes(`//${'ü'.repeat(MAX_SOURCE_BYTES / 2)}`)).toEqual(['source-too-long']);
  });

  test('of a name', () => {
    expect(codes(`function ${'x'.repeat(MAX_NAME_CHARS)}() => ();`)).toEqual([]);
    expect(codes(`function ${'x'.repeat(MAX_NAME_CHARS + 1)}() => ();`)).toEqual(['name-too-long']);
  });

  test('of items, applications and lists', () => {
    expect(codes('function f() => ();'.repeat(MAX_ITEMS))).toEqual([]);
    expect(codes('function f() => ();'.repeat(MAX_ITEMS + 1))).toEqual(['too-many-items']);
    expect(codes(`composition c() => () {${'f() => ();'.repeat(MAX_APPLICATIONS)}}`)).toEqual([]);
    expect(codes(`composition c() => () {${'f() => ();'.repeat(MAX_APPLICATIONS + 1)}}`)).toEqual(['too-many-applications']);
    const list = (count: number): string => Array.from({ length: count }, (_, index) => `s${index}`).join(', ');
    expect(codes(`function f(${list(MAX_SETS_OF_FUNCTION)}) => ();`)).toEqual([]);
    expect(codes(`function f(${list(MAX_SETS_OF_FUNCTION + 1)}) => ();`)).toEqual(['too-many-sets']);
  });

  test('of diagnostics, with a last one that says so', () => {
    const found = parse(';'.repeat(1_000)).diagnostics;
    expect(found).toHaveLength(MAX_DIAGNOSTICS);
    expect(found.at(-1)?.code).toBe('too-many-diagnostics');
  });
});

test('what could not be read is not reported as missing', () => {
  const text = 'function f(a) => (b);\ncomposition c(x) => (z) {\n  f(a = x) => (y = b);\n  f(a = all y) => (z = b);\n}\n';
  expect(compile(text).diagnostics.map(({ code }) => code)).toEqual(['missing-distribution']);
});

test('line endings of any kind are the same', () => {
  const text = 'function f(a) => (b); // one\n/* two\nlines */\nfunction g() => ();\n';
  const strip = (source: string): unknown => JSON.parse(JSON.stringify(parse(source).module, (key, value: unknown) => (key === 'span' ? undefined : value)));
  expect(strip(text.replaceAll('\n', '\r\n'))).toEqual(strip(text));
});
