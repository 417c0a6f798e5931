import { describe, expect, it } from 'vitest';
import { differenceOf, differenceOfRows, sameResult } from './oracle.ts';
import type { Rows } from './rows.ts';

const answer = (types: readonly string[], ...rows: readonly (readonly (string | null)[])[]): Rows => ({
  columns: types.map((type, index) => ({ name: `c${index}`, type })),
  rows,
});

describe('sameResult', () => {
  it('takes rows in any order and counts duplicates', () => {
    const ours = answer(['INTEGER', 'VARCHAR'], ['1', 'a'], ['1', 'a'], ['2', null]);
    expect(sameResult(ours, answer(['INTEGER', 'VARCHAR'], ['2', null], ['1', 'a'], ['1', 'a']))).toBe(true);
    expect(sameResult(ours, answer(['INTEGER', 'VARCHAR'], ['2', null], ['1', 'a']))).toBe(false);
    expect(sameResult(ours, answer(['INTEGER', 'VARCHAR'], ['2', null], ['2', null], ['1', 'a']))).toBe(false);
  });

  it('tells NULL from the empty string and from the word', () => {
    expect(sameResult(answer(['VARCHAR'], [null]), answer(['VARCHAR'], ['']))).toBe(false);
    expect(sameResult(answer(['VARCHAR'], [null]), answer(['VARCHAR'], ['NULL']))).toBe(false);
  });

  it('does not mistake cells that run into each other', () => {
    expect(sameResult(answer(['VARCHAR', 'VARCHAR'], ['a,b', 'c']), answer(['VARCHAR', 'VARCHAR'], ['a', 'b,c']))).toBe(false);
  });

  it('forgives the last digits of DOUBLE cells only', () => {
    expect(sameResult(answer(['DOUBLE'], ['0.1']), answer(['DOUBLE'], ['0.10000000000000002']))).toBe(true);
    expect(sameResult(answer(['DOUBLE'], ['0.1']), answer(['DOUBLE'], ['0.1001']))).toBe(false);
    expect(sameResult(answer(['VARCHAR'], ['0.1']), answer(['VARCHAR'], ['0.10000000000000002']))).toBe(false);
    expect(sameResult(answer(['DOUBLE'], ['1.0']), answer(['DOUBLE'], [null]))).toBe(false);
    expect(sameResult(answer(['DOUBLE'], ['inf']), answer(['DOUBLE'], ['nan']))).toBe(false);
  });

  it('matches each nearly equal row once', () => {
    const ours = answer(['INTEGER', 'DOUBLE'], ['1', '3.0'], ['1', '3.0000000000001']);
    expect(sameResult(ours, answer(['INTEGER', 'DOUBLE'], ['1', '3.0000000000002'], ['1', '2.9999999999999']))).toBe(true);
    expect(sameResult(ours, answer(['INTEGER', 'DOUBLE'], ['1', '3.0000000000002'], ['1', '5.0']))).toBe(false);
  });

  it('sees different column names and types', () => {
    expect(sameResult(answer(['INTEGER']), answer(['BIGINT']))).toBe(false);
  });

  it('compares the order columns in sequence, and only these', () => {
    const ours = answer(['INTEGER', 'VARCHAR'], ['1', 'a'], ['1', 'b'], ['2', 'c']);
    const tied = answer(['INTEGER', 'VARCHAR'], ['1', 'b'], ['1', 'a'], ['2', 'c']);
    const wrong = answer(['INTEGER', 'VARCHAR'], ['2', 'c'], ['1', 'b'], ['1', 'a']);
    expect(sameResult(ours, tied, { orderedBy: [0] })).toBe(true);
    expect(sameResult(ours, tied, { orderedBy: [0, 1] })).toBe(false);
    expect(sameResult(ours, wrong, { orderedBy: [0] })).toBe(false);
    expect(sameResult(ours, wrong)).toBe(true);
  });
});

describe('a difference', () => {
  it('shows the missing and the extra rows with their counts', () => {
    const difference = differenceOfRows(answer(['INTEGER'], ['1'], ['1'], ['2']), answer(['INTEGER'], ['2'], ['3']), { orderedBy: [] });
    expect(difference).toEqual({
      kind: 'rows',
      text: 'rows differ: expected 3, got 2\n  missing 2:\n    2 × ["1"]\n  extra 1:\n    1 × ["3"]',
    });
  });

  it('lets both sides refuse a query, but not one alone', () => {
    const refused = { kind: 'error', message: 'no such table' } as const;
    const rows = { kind: 'rows', rows: answer(['INTEGER'], ['1']) } as const;
    expect(differenceOf(refused, { kind: 'error', message: 'another text' }, { orderedBy: [] })).toBeNull();
    expect(differenceOf(refused, rows, { orderedBy: [] })?.kind).toBe('error');
    expect(differenceOf(rows, refused, { orderedBy: [] })?.text).toContain('no such table');
  });
});
