import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlanJson } from './json.ts';

describe("DuckDB's plan JSON", () => {
  it('keeps integers above 2^53 digit by digit', () => {
    expect(parsePlanJson('{"a": 9007199254740993, "b": [-170141183460469231731687303715884105728]}')).toEqual({ a: '9007199254740993', b: ['-170141183460469231731687303715884105728'] });
    expect(parsePlanJson('[123456789012345, 1.5, -2e3]')).toEqual([123456789012345, 1.5, -2000]);
  });

  it('has nan and inf, which come as texts', () => {
    expect(parsePlanJson('[nan, -nan, inf, -inf, NaN, Infinity]')).toEqual(['nan', '-nan', 'inf', '-inf', 'NaN', 'Infinity']);
  });

  it('keeps what texts hold, whatever it looks like', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('nan', '"inf"', '\\', '\\"', '9007199254740993', ', -inf]', '"', '日本'))), (texts) => {
      expect(parsePlanJson(JSON.stringify(texts))).toEqual(texts);
      expect(parsePlanJson(JSON.stringify(Object.fromEntries(texts.map((text) => [`k${text}`, text]))))).toEqual(Object.fromEntries(texts.map((text) => [`k${text}`, text])));
    }));
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(fc.property(fc.json(), (text) => {
      fc.pre(!/\d[\d.eE+-]{15,}/.test(text));
      expect(parsePlanJson(text)).toEqual(JSON.parse(text));
    }));
  });
});
