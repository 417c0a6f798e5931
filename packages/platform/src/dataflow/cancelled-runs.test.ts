/** Clients that leave at any time, on real engines whose threads and processes end: every turn is given back, once. */
import { randomInt, seededRandom, sleep, systemClock } from '@pappus/core';
import { expect, it } from 'vitest';
import { ResultCache } from '../cache/result-cache.ts';
import { startEngine, until } from '../engine/testing/engine-under-test.ts';
import { fakeSpec } from '../engine/testing/fake-functions.ts';
import { planFunction } from './plan-graph.ts';
import { dispatcherOf, item } from './testing/dispatching.ts';

const CODES = ['echo', 'spin 3', 'spin 30', 'spin 5000', 'loop@40', 'throw', 'trap', 'die'];

it.each([1, 2])('gives back every turn when clients leave, seed %i', async (seed) => {
  const random = seededRandom(seed);
  const own = await startEngine({ threads: 2 });
  const dispatcher = dispatcherOf(own.engine, { cache: new ResultCache() });
  const plans = CODES.flatMap((code) => [false, true].map((memoize) => {
    const spec = fakeSpec();
    return planFunction(`${code} ${memoize}`, code, { ...spec, memoize, limits: { ...spec.limits, concurrency: 2 } });
  }));
  const rare = (code: number): boolean => CODES[code] === 'die' && randomInt(random, 0, 15) > 0;
  const calls: Promise<unknown>[] = [];
  for (let call = 0; call < 400; call++) {
    const code = randomInt(random, 0, CODES.length - 1);
    const plan = plans[2 * (rare(code) ? 0 : code) + randomInt(random, 0, 1)] as (typeof plans)[number];
    calls.push(dispatcher.invoke({ plan, inputs: [{ name: 'in', items: [item(`i${randomInt(random, 0, 9)}`)] }], timeoutMs: randomInt(random, 1, 300) }));
    if (call % 8 === 0) await sleep(systemClock, randomInt(random, 0, 30));
  }
  await Promise.all(calls);
  await until('nothing runs', () => dispatcher.stats().computing === 0, 60_000);
  expect(dispatcher.stats()).toMatchObject({ invocations: 0, waiting: 0 });
  await until('the engine has nothing', () => own.engine.stats().queued + own.engine.stats().running === 0);
  for (const plan of plans.slice(0, 2)) {
    const twice = await Promise.all([0, 1].map((n) => dispatcher.invoke({ plan, inputs: [{ name: 'in', items: [item(`last${n}`)] }], timeoutMs: 60_000 })));
    expect(twice.map(({ result }) => result.kind)).toEqual(['done', 'done']);
  }
  await own.stop();
}, 120_000);
