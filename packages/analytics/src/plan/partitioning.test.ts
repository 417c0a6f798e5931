import { describe, expect, it } from 'vitest';
import { apply, column, columnKey, expressionKey } from './expression.ts';
import { ANY, colocates, hashed, projected, renamed, REPLICATED, shiftedKey, SINGLE } from './partitioning.ts';

const at = (index: number) => column(index, 'INTEGER');
const plus = (index: number) => apply('+', 'INTEGER', ['(', at(index), ' + 1)']);

describe('equal values meet on one worker', () => {
  it('when they contain every key', () => {
    expect(colocates(hashed([at(0)]), [at(1), at(0)])).toBe(true);
    expect(colocates(hashed([at(0), at(1)]), [at(0)])).toBe(false);
    expect(colocates(hashed([at(0), at(1)]), [at(1), at(2), at(0)])).toBe(true);
  });

  it('when one of a key’s equal texts is among them', () => {
    const either = { kind: 'hash', keys: [[columnKey(0), columnKey(3)]] } as const;
    expect(colocates(either, [at(3)])).toBe(true);
    expect(colocates(either, [at(2)])).toBe(false);
  });

  it('always on one worker or on copies, never when nothing is known', () => {
    expect([SINGLE, REPLICATED, ANY].map((partitioning) => colocates(partitioning, [at(0)]))).toEqual([true, true, false]);
  });
});

describe('after a projection', () => {
  it('a key lives on in each output that is it', () => {
    expect(projected(hashed([at(2)]), [at(1), at(2), at(2)])).toEqual({ kind: 'hash', keys: [[columnKey(1), columnKey(2)]] });
    expect(projected(hashed([plus(0)]), [plus(0)])).toEqual({ kind: 'hash', keys: [[columnKey(0)]] });
  });

  it('a compound key lives on when its columns do', () => {
    expect(projected(hashed([plus(2)]), [at(0), at(2)])).toEqual({ kind: 'hash', keys: [[expressionKey(plus(1))]] });
  });

  it('nothing is known once one key is gone', () => {
    expect(projected(hashed([at(0), at(1)]), [at(0)])).toEqual(ANY);
    expect(projected(hashed([at(0)]), [plus(0)])).toEqual(ANY);
    expect(projected(SINGLE, [])).toEqual(SINGLE);
  });
});

describe('keys', () => {
  it('shift with the columns of a join’s right side', () => {
    expect(shiftedKey(expressionKey(plus(1)), 10)).toBe(expressionKey(plus(11)));
  });

  it('are dropped with their last text', () => {
    expect(renamed(hashed([at(0), at(1)]), (key) => (key === columnKey(0) ? [] : [key]))).toEqual(ANY);
  });
});
