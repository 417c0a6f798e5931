/** The core split on simulated queues: it follows the load, settles, and never leaves its bounds. */
import { forEachSeed, SimulatedClock } from '@pappus/testkit';
import { randomFraction, randomInt } from '@pappus/core';
import { expect, it } from 'vitest';
import { CoreController } from './core-controller.ts';
import { initialState, step, type CoreSplit, type SplitState } from './core-split.ts';

interface Load {
  /** Tasks that come in an interval, and that a slot finishes in one. */
  readonly arriving: number;
  readonly perSlot: number;
}

/** Both queues and the controller, an interval at a time. */
class Simulation {
  state: SplitState;
  readonly splits: CoreSplit[] = [];
  moves = 0;
  readonly #waiting = { compute: 0, io: 0 };
  readonly #completed = { compute: 0, io: 0 };
  readonly #rest = { compute: 0, io: 0 };
  #busy = 0;

  constructor(split: CoreSplit) {
    this.state = initialState(split);
  }

  run(intervals: number, compute: Load, io: Load): this {
    for (let interval = 0; interval < intervals; interval += 1) {
      this.#work('compute', compute);
      this.#work('io', io);
      const sample = { compute: { waiting: this.#waiting.compute, completed: this.#completed.compute }, io: { waiting: this.#waiting.io, completed: this.#completed.io }, busy: this.#busy };
      const { state, decision } = step(this.state, sample);
      if (decision !== 'stay') this.moves += 1;
      this.state = state;
      this.splits.push(state.split);
    }
    return this;
  }

  get waiting(): { readonly compute: number; readonly io: number } {
    return this.#waiting;
  }

  #work(side: 'compute' | 'io', { arriving, perSlot }: Load): void {
    this.#waiting[side] += arriving;
    this.#rest[side] += this.state.split[side] * perSlot;
    const finished = Math.min(this.#waiting[side], Math.floor(this.#rest[side]));
    this.#rest[side] = this.#waiting[side] > finished ? this.#rest[side] - finished : Math.min(this.#rest[side] - finished, 1);
    this.#waiting[side] -= finished;
    this.#completed[side] += finished;
    if (side === 'compute') this.#busy = Math.min(this.state.split.compute, finished / perSlot);
  }
}

const load = (arriving: number, perSlot: number): Load => ({ arriving, perSlot });
const IDLE = load(0, 100);

it('gives slots to the side that cannot keep up, until it can', () => {
  const simulation = new Simulation({ compute: 4, io: 12 }).run(200, load(1_000, 100), load(100, 100));
  expect(simulation.state.split.compute).toBeGreaterThanOrEqual(10);
  expect(simulation.waiting.compute).toBe(0);
  expect(simulation.waiting.io).toBe(0);
});

it('follows a step of the load to the other side within a second and a half', () => {
  const simulation = new Simulation({ compute: 8, io: 8 }).run(200, load(1_400, 100), load(50, 100));
  expect(simulation.state.split.compute).toBeGreaterThanOrEqual(14);
  simulation.run(50, load(50, 100), load(1_400, 100));
  expect(simulation.state.split.io).toBeGreaterThanOrEqual(14);
});

it('stands still without load, and when both sides keep up', () => {
  const simulation = new Simulation({ compute: 3, io: 5 }).run(500, IDLE, IDLE).run(500, load(250, 100), load(450, 100));
  expect(simulation.moves).toBe(0);
});

it('settles under constant load instead of going back and forth', () => {
  const simulation = new Simulation({ compute: 8, io: 8 }).run(300, load(1_000, 100), load(500, 100));
  const { moves } = simulation;
  simulation.run(2_000, load(1_000, 100), load(500, 100));
  expect(simulation.moves - moves).toBeLessThanOrEqual(2);
});

it('when both are overloaded, computing has the threads and I/O keeps a slot', () => {
  const simulation = new Simulation({ compute: 8, io: 8 }).run(1_000, load(2_000, 100), load(2_000, 100));
  expect(simulation.state.split).toEqual({ compute: 15, io: 1 });
  expect(simulation.moves).toBe(7);
});

it('gives I/O what computing does not need, however quick the tasks and slow the requests are', () => {
  const simulation = new Simulation({ compute: 8, io: 8 }).run(1_000, load(12_000, 3_000), load(4, 0.3));
  expect(simulation.state.split).toEqual({ compute: 6, io: 10 });
  expect(simulation.moves).toBe(2);
});

it('works off a backlog that neither grows nor shrinks', () => {
  const simulation = new Simulation({ compute: 2, io: 14 }).run(1, load(5_000, 100), IDLE).run(300, load(200, 100), IDLE);
  expect(simulation.waiting.compute).toBe(0);
});

it('ignores a burst that is over in an interval', () => {
  const simulation = new Simulation({ compute: 4, io: 4 }).run(50, load(200, 100), load(200, 100)).run(1, load(900, 100), load(200, 100)).run(50, load(200, 100), load(200, 100));
  expect(simulation.moves).toBe(0);
});

it('keeps its bounds and the number of slots under any load', async () => {
  await forEachSeed({ count: 50 }, async (random) => {
    const total = randomInt(random, 2, 20);
    const compute = randomInt(random, 1, total - 1);
    const simulation = new Simulation({ compute, io: total - compute });
    for (let phase = 0; phase < 20; phase += 1) {
      const next = (): Load => load(randomInt(random, 0, 3_000), 0.1 + 300 * randomFraction(random));
      simulation.run(randomInt(random, 1, 60), next(), next());
    }
    expect(simulation.splits.filter((split) => split.compute + split.io !== total || split.compute < 1 || split.io < 1)).toEqual([]);
    const jumps = simulation.splits.filter(({ compute: now }, index) => Math.abs(now - (simulation.splits[index - 1]?.compute ?? now)) > 1);
    expect(jumps).toEqual([]);
  });
});

it('two slots stay one and one', () => {
  expect(new Simulation({ compute: 1, io: 1 }).run(300, load(1_000, 100), IDLE).moves).toBe(0);
});

it('the controller samples every 30 ms, applies what changes, and stops', async () => {
  const clock = new SimulatedClock();
  const applied: CoreSplit[] = [];
  let samples = 0;
  const controller = new CoreController({
    clock,
    initial: { compute: 1, io: 3 },
    sample: () => {
      samples += 1;
      return { compute: { waiting: samples * 100, completed: samples * 10 }, io: { waiting: 0, completed: 0 }, busy: 1 };
    },
    apply: (split) => void applied.push(split),
  });
  controller.start();
  controller.start();
  await clock.advance(3_001);
  expect(samples).toBe(100);
  expect(applied).toEqual([{ compute: 1, io: 3 }, { compute: 2, io: 2 }, { compute: 3, io: 1 }]);
  expect(controller.stats()).toMatchObject({ split: { compute: 3, io: 1 }, moves: 2 });
  controller.stop();
  await clock.advance(3_000);
  expect(samples).toBe(100);
});
