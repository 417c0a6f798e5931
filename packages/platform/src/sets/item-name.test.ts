import { describe, expect, test } from 'vitest';
import { itemNameProblem, quoted, setNameProblem } from './item-name.ts';

describe('item names', () => {
  test.each(['a', 'a.png', 'a/b/c', '.hidden', 'Größe', 'a b', '…'.repeat(85), 'x'.repeat(255), `${'x'.repeat(255)}/${'y'.repeat(255)}`])('%j is one', (name) => {
    expect(itemNameProblem(name)).toBeNull();
  });

  test.each([
    ['', /empty/],
    ['..', /part ".."/],
    ['../../etc/passwd', /part ".."/],
    ['a/./b', /part "."/],
    ['/a', /empty part/],
    ['a/', /empty part/],
    ['a\0b', /control/],
    ['a\nb', /control/],
    ['\u001b[2J', /control/],
    ['\ud800', /Unicode/],
    ['x'.repeat(256), /part of more than 255/],
    ['…'.repeat(86), /part of more than 255/],
    ['a/'.repeat(40) + 'a', /more than 32 parts/],
    ['y'.repeat(1_000_000), /more than 1024 bytes/],
  ])('%j is none', (name, problem) => {
    const answer = itemNameProblem(name);
    expect(answer).toMatch(problem);
    expect(answer?.length).toBeLessThan(120);
  });

  test('are quoted with nothing that a terminal obeys', () => {
    expect(quoted('a\u001b[2Jb\u007fc\u009b2Jd\u202ee"')).toBe('"a\\u001b[2Jb\\u007fc\\u009b2Jd\\u202ee\\""');
  });

  test('sets have names of one part', () => {
    expect(setNameProblem('images')).toBeNull();
    for (const bad of ['', 'a/b', '..', 'a\0', 'x'.repeat(256)]) expect(setNameProblem(bad)).not.toBeNull();
  });
});
