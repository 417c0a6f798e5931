import { describe, expect, it } from 'vitest';
import { dateText, moneyText } from './tbl.ts';

describe('values as text', () => {
  it.each([
    [0, '0.00'],
    [7, '0.07'],
    [-7, '-0.07'],
    [-99_999, '-999.99'],
    [123_456_789, '1234567.89'],
  ])('writes %d cents', (cents, text) => {
    expect(moneyText(cents)).toBe(text);
  });

  it('writes dates', () => {
    expect(dateText(8035)).toBe('1992-01-01');
    expect(dateText(9190)).toBe('1995-03-01');
  });
});
