/** The core split where I/O only waits: computing keeps the threads that it needs. */
import { randomFraction, seededRandom, type Random } from '@pappus/core';
import { expect, it } from 'vitest';
import { initialState, step, type SplitState } from './core-split.ts';
import { CONTROL_INTERVAL_MS } from './limits.ts';

const THREADS = 8;
const RUNS_PER_SLOT = 64;
/** Of these places one composition alone gets three quarters. */
const SHARE = 0.75;
const TASKS_PER_THREAD = 30;

interface Stall {
  /** Runs of I/O that one composition starts at once, and how long each takes. */
  readonly runs: number;
  readonly eachMs: number;
  /** Requests at a time; the others hold their places and wait. */
  readonly atOnce: number;
  /** Tasks of 1 ms that come in an interval. */
  readonly tasks: (interval: number) => number;
}

interface Seen {
  readonly longestWaitMs: number;
  readonly leastThreads: number;
  readonly mostIo: number;
  readonly moves: number;
  readonly ioDoneMs: number;
}

/** Computing, and I/O that waits, an interval at a time. */
function stalled({ runs, eachMs, atOnce, tasks }: Stall, intervals: number): Seen {
  const lasts = Math.round(eachMs / CONTROL_INTERVAL_MS);
  let state: SplitState = initialState({ compute: THREADS, io: 1 });
  const compute = { waiting: 0, completed: 0 };
  const io = { waiting: runs, completed: 0 };
  let [held, requests] = [0, [] as number[]];
  let [longestWaitMs, leastThreads, mostIo, moves, ioDoneMs] = [0, THREADS, 1, 0, 0];
  for (let interval = 0; interval < intervals; interval++) {
    const capacity = state.split.compute * TASKS_PER_THREAD;
    compute.waiting += tasks(interval);
    const done = Math.min(compute.waiting, capacity);
    compute.waiting -= done;
    compute.completed += done;
    const ended = requests.filter((end) => end <= interval).length;
    requests = requests.filter((end) => end > interval);
    io.completed += ended;
    held -= ended;
    const begun = Math.max(0, Math.min(io.waiting, Math.floor(state.split.io * RUNS_PER_SLOT * SHARE) - held));
    io.waiting -= begun;
    held += begun;
    while (requests.length < Math.min(held, atOnce)) requests.push(interval + lasts);
    if (io.completed < runs) ioDoneMs = (interval + 1) * CONTROL_INTERVAL_MS;
    longestWaitMs = Math.max(longestWaitMs, (compute.waiting / capacity) * CONTROL_INTERVAL_MS);
    const { state: next, decision } = step(state, { compute: { ...compute }, io: { ...io }, busy: done / TASKS_PER_THREAD });
    if (decision !== 'stay') moves++;
    state = next;
    leastThreads = Math.min(leastThreads, state.split.compute);
    mostIo = Math.max(mostIo, state.split.io);
  }
  return { longestWaitMs, leastThreads, mostIo, moves, ioDoneMs };
}

const steady = (threads: number) => (): number => threads * TASKS_PER_THREAD;
const uneven = (random: Random, threads: number) => (): number => Math.round(2 * randomFraction(random) * threads * TASKS_PER_THREAD);
const [ANY, ONE_SERVER] = [Number.POSITIVE_INFINITY, 32];
const STALLS = [[1_000, 1_000], [1_000, 5_000], [1_000, 30_000], [200, 30_000]].flatMap(([runs = 0, eachMs = 0]) => [ANY, ONE_SERVER].map((atOnce) => ({ runs, eachMs, atOnce })));

it.each(STALLS)('$runs runs of I/O of $eachMs ms, $atOnce at once, keep no short task waiting', (stall) => {
  const half = stalled({ ...stall, tasks: steady(THREADS / 2) }, 8_000);
  expect(half.longestWaitMs).toBeLessThanOrEqual(CONTROL_INTERVAL_MS);
  expect(half.leastThreads).toBeGreaterThan(THREADS / 2);
  expect(half.mostIo).toBeGreaterThan(1);
  expect(half.moves).toBeLessThan(20);
});

it.each(STALLS)('nor where the load is uneven: $runs of $eachMs ms, $atOnce at once', (stall) => {
  for (let seed = 1; seed <= 5; seed++) {
    const seen = stalled({ ...stall, tasks: uneven(seededRandom(seed), THREADS / 2) }, 8_000);
    expect(seen.longestWaitMs, `seed ${seed}`).toBeLessThanOrEqual(100);
    expect(seen.moves, `seed ${seed}`).toBeLessThan(240); // one in a second
  }
});

it.each(STALLS)('and computing has its threads again soon after its load has risen: $runs of $eachMs ms, $atOnce at once', (stall) => {
  const seen = stalled({ ...stall, tasks: (interval) => (interval < 300 ? 0 : 0.9 * THREADS * TASKS_PER_THREAD) }, 8_000);
  expect(seen.leastThreads).toBeLessThan(THREADS);
  expect(seen.longestWaitMs).toBeLessThanOrEqual(500);
});

it('I/O gets every slot but one where nothing computes', () => {
  const seen = stalled({ runs: 1_000, eachMs: 5_000, atOnce: ANY, tasks: () => 0 }, 8_000);
  expect(seen).toMatchObject({ leastThreads: 1, mostIo: THREADS });
  expect(seen.ioDoneMs).toBeLessThan(25_000);
});
