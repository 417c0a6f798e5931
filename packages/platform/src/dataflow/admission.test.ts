import { randomInt } from '@pappus/core';
import { forEachSeed } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { Admission } from './admission.ts';

/** How many places `name` gets until it is refused. */
function fill(admission: Admission, name: string): number {
  for (let got = 0; ; got++) if (admission.enter(name) !== null) return got;
}

it('one name gets three quarters, the next ones shares of what is left, and a newcomer always something', () => {
  const admission = new Admission(1_000);
  expect(fill(admission, 'a')).toBe(750);
  expect(fill(admission, 'b')).toBe(188);
  expect(fill(admission, 'c')).toBe(47);
  expect(admission.enter('new')).toBeNull();
});

it('two that leave and enter end at the same share', () => {
  const admission = new Admission(700);
  const held = new Map([['a', fill(admission, 'a')], ['b', 0]]);
  for (let turn = 0; turn < 10_000; turn++) {
    // Whoever has more finishes more.
    const leaver = (held.get('a') ?? 0) * (turn % 2) > 0 ? 'a' : 'b';
    if ((held.get(leaver) ?? 0) > 0) {
      admission.leave(leaver);
      held.set(leaver, (held.get(leaver) ?? 0) - 1);
    }
    for (const name of ['a', 'b']) if (admission.enter(name) === null) held.set(name, (held.get(name) ?? 0) + 1);
  }
  expect(Math.abs((held.get('a') ?? 0) - (held.get('b') ?? 0))).toBeLessThan(20);
});

it('few places can all be taken by one name, and the refusal says what to do', () => {
  const admission = new Admission(2);
  expect(fill(admission, 'a')).toBe(2);
  expect(admission.enter('b')).toMatchObject({ code: 'resource-exhausted', retryable: true, hint: 'Try again in 200 ms.' });
  const larger = new Admission(8);
  expect(fill(larger, 'a')).toBe(6);
  expect(larger.enter('a')).toMatchObject({ message: '6 invocations of a are under way, of 8 in all: what is left is for others' });
  expect(larger.enter('b')).toBeNull();
});

it('counts right whatever comes and goes', async () => {
  await forEachSeed({ count: 100 }, async (random) => {
    const places = randomInt(random, 1, 50);
    const admission = new Admission(places);
    const held: string[] = [];
    let most = 0;
    for (let step = 0; step < 500; step++) {
      const name = `n${randomInt(random, 0, 4)}`;
      if (randomInt(random, 0, 2) > 0) {
        if (admission.enter(name) === null) held.push(name);
      } else if (held.length > 0) admission.leave(held.splice(randomInt(random, 0, held.length - 1), 1)[0] as string);
      most = Math.max(most, held.length);
    }
    expect(most).toBeLessThanOrEqual(places);
    for (const name of held) admission.leave(name);
    expect(fill(admission, 'again')).toBe(fill(new Admission(places), 'again'));
  });
});
