import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomModule, withoutSpans } from '../testing/random-module.ts';
import { parse } from './parser.ts';
import { print } from './printer.ts';

/** What the text becomes; it must have no errors. */
function reprinted(text: string): string {
  const { module, diagnostics } = parse(text);
  expect(diagnostics).toEqual([]);
  return print(module);
}

describe('printing', () => {
  test('a printed tree parses to the same tree, and prints to the same text', () => {
    fc.assert(
      fc.property(randomModule, (module) => {
        const text = print(module);
        const { module: again, diagnostics } = parse(text);
        expect(diagnostics).toEqual([]);
        expect(withoutSpans(again)).toEqual(withoutSpans(module));
        expect(print(again)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test('a line that is too wide is broken before =>, then into one line for each input and output', () => {
    const long = 'a_rather_long_name_for_a_set_of_items';
    const fits = 'composition c(x) => () {\n    f(a = all x) => (b = c);\n}\n';
    expect(reprinted(fits)).toBe(fits);
    expect(reprinted(`composition c(x) => () { f(a = all ${long}, b = each ${long}) => (${long} = c); }`)).toContain(
      `    f(a = all ${long}, b = each ${long})\n        => (${long} = c);\n`,
    );
    expect(reprinted(`composition c(x) => () { f(a = all ${long}, b = each ${long}, d = each ${long}) => (); }`)).toContain(
      `    f(\n        a = all ${long},\n        b = each ${long},\n        d = each ${long}\n    ) => ();\n`,
    );
    expect(reprinted(`function ${long}(${long}_1, ${long}_2) => (${long}_3);`)).toBe(`function ${long}(\n    ${long}_1,\n    ${long}_2\n) => (\n    ${long}_3\n);\n`);
  });

  test('comments stay with what they stand at', () => {
    const text = `// head

// about f
function f(a) => (b); // f's remark

composition c(x) => (y) {
    // first

    f(
        // whole
        a = all x // the input
    ) => (
        y = b
    );
    // last
}
// end
`;
    expect(reprinted(text)).toBe(text);
  });

  test('a comment with no place of its own moves before the statement', () => {
    expect(reprinted('function f(a /* one */, b) => /* two */ (c);')).toBe('/* one */\n/* two */\nfunction f(a, b) => (c);\n');
    expect(reprinted('composition c(/* in */) => () // out\n{ }')).toBe('/* in */\n// out\ncomposition c() => () {}\n');
  });

  test('a comment with a statement behind it on its line belongs to that', () => {
    expect(reprinted('function f() => (); /* of g */ function g() => (); /* of g too */')).toBe('function f() => ();\n/* of g */\nfunction g() => (); /* of g too */\n');
  });

  test('a remark before a comma yields to one behind it', () => {
    expect(reprinted('composition c(x) => () { f(a = all x // one\n, // two\n b = all x) => (); }')).toContain(
      '        // one\n        a = all x, // two\n        b = all x\n',
    );
  });

  test('empty lines stay, at most one, and never at the start of a block', () => {
    expect(reprinted('\n\nfunction f() => ();\n\n\n\nfunction g() => ();\nfunction h() => ();\ncomposition c() => () {\n\n\n f() => ();\n\n\n g() => ();\n\n}')).toBe(
      'function f() => ();\n\nfunction g() => ();\nfunction h() => ();\n\ncomposition c() => () {\n    f() => ();\n\n    g() => ();\n}\n',
    );
  });

  test('an empty module prints as nothing', () => {
    expect(reprinted(' \n\t')).toBe('');
  });
});
