import { describe, expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('the nearest name', () => {
  test.each([
    ['imagse', ['pages', 'images', 'image'], 'images'],
    ['http', ['htp', 'HTTP'], 'HTTP'],
    ['clasified', ['classified', 'classifies'], 'classified'],
    ['ab', ['ba'], 'ba'],
    ['a', ['b'], null],
    ['A', ['a'], 'a'],
    ['requests', ['responses'], null],
    ['same', ['same'], null],
    ['x', [], null],
  ] as const)('of %s among %j is %s', (written, candidates, expected) => {
    expect(nearestName(written, candidates)).toBe(expected);
  });

  test('is not looked for among too many', () => {
    expect(nearestName('image', [...Array.from({ length: 1_000 }, () => 'unrelated'), 'images'])).toBeNull();
  });
});
