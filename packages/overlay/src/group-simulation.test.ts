/** Whole groups on the simulated clock and network, once per seed: joins, barriers and streams under faults. */
import { describe, expect, test } from 'vitest';
import type { Duplex } from 'node:stream';
import {
  parseGroupId,
  parseInstanceId,
  parseRank,
  randomFraction,
  randomInt,
  seededRandom,
  silentLogger,
  sleep,
  toAppError,
  withDeadline,
  type Random,
} from '@pappus/core';
import { forEachSeed, NO_FAULTS, SimulatedClock, SimulatedNetwork, type Faults } from '@pappus/testkit';
import { startCoordinator, type Coordinator } from './coordinator.ts';
import type { Group } from './group.ts';
import { joinGroup } from './join.ts';
import { DEFAULT_TIMING } from './limits.ts';
import { generateSecret } from './secret.ts';

const ROUGH: Faults = { refuse: 0.1, lose: 0.1, loseAnswer: 0.1, breakConnection: 0.4, breakWithinMs: 3_000 };
const never = new AbortController().signal;
const group = parseGroupId('simulated');
const secret = generateSecret(seededRandom(1));

class Simulation {
  readonly clock: SimulatedClock = new SimulatedClock();
  readonly network: SimulatedNetwork;
  readonly random: Random;
  #instances = 0;

  constructor(random: Random, faults: Faults = NO_FAULTS) {
    this.random = random;
    this.network = new SimulatedNetwork({ clock: this.clock, random, maxLatencyMs: 30, faults });
  }

  coordinator(size: number): Promise<Coordinator> {
    const { clock, random } = this;
    return startCoordinator({ network: this.network.host('seed'), clock, random, logger: silentLogger, group, secret, size, listen: { host: 'seed', port: 7 } });
  }

  /** A new instance on a host of its own, `host-<n>`. */
  join(wantRank: number | null = null, timeoutMs = 30_000): Promise<Group> {
    const { clock, random } = this;
    this.#instances += 1;
    const host = `host-${this.#instances}`;
    const rank = wantRank === null ? null : parseRank(wantRank);
    const listen = { host, port: 0 };
    const instance = parseInstanceId(host);
    return joinGroup({ network: this.network.host(host), clock, random, logger: silentLogger, coordinator: { host: 'seed', port: 7 }, group, secret, instance, wantRank: rank, listen, timeoutMs });
  }

  async group(size: number): Promise<{ readonly coordinator: Coordinator; readonly members: readonly Group[] }> {
    const coordinator = await this.coordinator(size);
    const members = await Promise.all(Array.from({ length: size }, (_, rank) => this.join(rank)));
    return { coordinator, members };
  }
}

async function simulate(count: number, faults: Faults, body: (simulation: Simulation) => Promise<void>): Promise<void> {
  await forEachSeed({ count }, async (random) => {
    const simulation = new Simulation(random, faults);
    await simulation.clock.run(body(simulation));
  });
}

const describeMembers = (members: Group['members']): string => members.list().map(({ rank, generation, id }) => `${rank}.${generation} ${id}`).join(', ');

/** Takes part until `isOver`, joining as a new instance whenever it is lost. Gives its last membership. */
async function takePart(simulation: Simulation, isOver: () => boolean): Promise<Group> {
  for (;;) {
    const member = await simulation.join().catch((error: unknown) => {
      const { code, message } = toAppError(error);
      // A seat that waits for its lost member to come back is taken for a moment.
      if (code === 'resource-exhausted' || code === 'deadline-exceeded') return null;
      throw new Error(`joined with ${code}: ${message}`, { cause: error });
    });
    if (member === null) {
      await sleep(simulation.clock, 100);
      continue;
    }
    const calm = (async () => {
      while (!isOver()) await sleep(simulation.clock, 50);
      await sleep(simulation.clock, 10_000);
      return 'calm' as const;
    })();
    if ((await Promise.race([calm, member.ended])) === 'calm') return member;
  }
}

describe('joining', () => {
  test('ends with unique ranks and one membership, whatever the network did', async () => {
    await simulate(150, ROUGH, async (simulation) => {
      const size = randomInt(simulation.random, 2, 5);
      const coordinator = await simulation.coordinator(size);
      let isOver = false;
      const parts = Array.from({ length: size }, () => takePart(simulation, () => isOver));
      await sleep(simulation.clock, randomInt(simulation.random, 100, 8_000));
      simulation.network.faults = NO_FAULTS;
      isOver = true;
      const members = await Promise.all(parts);
      expect(members.map(({ self }) => self.rank).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, rank) => rank));
      for (const { members: view, self } of members) {
        expect(describeMembers(view)).toBe(describeMembers(coordinator.members));
        expect(view.revision).toBe(coordinator.members.revision);
        expect(view.get(self.rank)).toEqual(self);
      }
      await Promise.all(members.map((member) => member.leave('finished')));
      expect(coordinator.members.list()).toEqual([]);
      await coordinator.stop();
    });
  });

  test('ends by its deadline when nobody answers', async () => {
    await simulate(20, { ...NO_FAULTS, lose: 1 }, async (simulation) => {
      await simulation.coordinator(1);
      await expect(simulation.join(null, 2_000)).rejects.toMatchObject({ code: 'deadline-exceeded' });
      expect(simulation.clock.nowMs()).toBeLessThan(2_001);
    });
  });

  test('does not lose a member whose connections break, as long as it can get new ones', async () => {
    await simulate(60, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(3);
      simulation.network.faults = { ...NO_FAULTS, breakConnection: 0.9, breakWithinMs: 1_000 };
      simulation.network.cut('seed', 'host-1'); // starts the resumptions
      await sleep(simulation.clock, DEFAULT_TIMING.suspectMs + 300);
      simulation.network.heal();
      await sleep(simulation.clock, 10_000);
      expect(coordinator.members.list().map(({ generation }) => generation)).toEqual([0, 0, 0]);
      expect(members.map(({ members: view }) => view.revision)).toEqual([3, 3, 3]);
      await coordinator.stop();
    });
  });

  test('a replaced rank has the next generation, and its predecessor is told that it is lost', async () => {
    await simulate(40, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(3);
      simulation.network.cut('seed', 'host-2');
      await sleep(simulation.clock, 5_000);
      expect(coordinator.missing()).toEqual([1]);
      expect(await members[1]?.ended).toMatchObject({ reason: 'lost' });
      const next = await simulation.join();
      expect(next.self).toMatchObject({ rank: 1, generation: 1 });
      await sleep(simulation.clock, 100);
      expect(members[0]?.members.get(parseRank(1))).toEqual(next.self);
      await coordinator.stop();
    });
  });
});

describe('failure detection', () => {
  test('a killed process is noticed at once, a silent one within 3 s, a finished one is not called lost', async () => {
    await simulate(60, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(4);
      const [watcher] = members;
      const noticed: string[] = [];
      let startMs = simulation.clock.nowMs();
      watcher?.members.subscribe((change) => {
        if (change.kind === 'left') noticed.push(`${change.member.rank} ${change.reason} ${simulation.clock.nowMs() - startMs <= (change.member.rank === 2 ? 3_000 : 100) ? 'in time' : 'late'}`);
      });
      await sleep(simulation.clock, randomFraction(simulation.random) * 1_000);
      for (const step of [() => simulation.network.crash('host-2', 'killed'), () => simulation.network.crash('host-3', 'silent'), () => void members[3]?.leave('finished')]) {
        startMs = simulation.clock.nowMs();
        step();
        await sleep(simulation.clock, 4_000);
      }
      expect(noticed).toEqual(['1 lost in time', '2 lost in time', '3 finished in time']);
      await coordinator.stop();
    });
  });

  test('members end when their coordinator dies, in either way, within 3 s', async () => {
    for (const death of ['killed', 'silent'] as const) {
      await simulate(20, NO_FAULTS, async (simulation) => {
        const { members } = await simulation.group(3);
        await sleep(simulation.clock, randomFraction(simulation.random) * 1_000);
        const startMs = simulation.clock.nowMs();
        simulation.network.crash('seed', death);
        const endings = await Promise.all(members.map(({ ended }) => ended));
        expect(endings.map(({ reason }) => reason)).toEqual(['lost', 'lost', 'lost']);
        expect(simulation.clock.nowMs() - startMs).toBeLessThan(3_000);
      });
    }
  });

  test('an eviction ends the member and its streams, and frees the rank', async () => {
    await simulate(20, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(2);
      const [one, two] = members as [Group, Group];
      two.listen(1, ({ stream }) => stream.resume());
      const stream = await one.connect(two.self.rank, 1, never);
      const failed = new Promise<Error>((resolve) => void stream.once('error', resolve));
      coordinator.evict(two.self.rank, 'exited with code 1', 'lost');
      expect(await two.ended).toEqual({ reason: 'lost', detail: 'exited with code 1' });
      expect((await failed) as unknown).toMatchObject({ code: expect.stringMatching(/^(worker-lost|ECONNRESET)$/) }); // whichever came first
      expect((await simulation.join()).self.generation).toBe(1);
      await coordinator.stop();
    });
  });
});

describe('barrier', () => {
  test('is released when the last one enters, never before, even while control connections break', async () => {
    await simulate(100, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(randomInt(simulation.random, 2, 5));
      simulation.network.faults = { ...NO_FAULTS, breakConnection: 0.5, breakWithinMs: 500 };
      simulation.network.cut('seed', 'host-1');
      simulation.clock.schedule(1_300, () => simulation.network.heal());
      for (const name of ['first', 'second', 'first']) {
        let entered = 0;
        await Promise.all(
          members.map(async (member) => {
            await sleep(simulation.clock, randomFraction(simulation.random) * 3_000);
            entered += 1;
            await member.barrier(name, 20_000, never);
            expect(entered).toBe(members.length);
          }),
        );
      }
      await coordinator.stop();
    });
  });

  test('ends at its deadline with the missing ranks, and a later round is not disturbed', async () => {
    await simulate(40, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(4);
      const startMs = simulation.clock.nowMs();
      const early = members.slice(0, 2).map((member) => member.barrier('go', 1_000, never));
      const outcomes = await Promise.allSettled(early);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'deadline-exceeded', message: expect.stringMatching(/not entered: 2, 3$/) } });
      expect(simulation.clock.nowMs() - startMs).toBeLessThan(1_000 + DEFAULT_TIMING.answerMs);
      let released = false;
      const late = members.slice(2).map((member) => member.barrier('go', 5_000, never).then(() => (released = true)));
      await sleep(simulation.clock, 500);
      expect(released).toBe(false);
      await Promise.all([...late, ...members.slice(0, 2).map((member) => member.barrier('go', 5_000, never))]);
      await coordinator.stop();
    });
  });

  test('counts a replaced rank only when the new instance enters', async () => {
    await simulate(40, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(3);
      const [one, , three] = members as [Group, Group, Group];
      members[1]?.barrier('go', 60_000, never).catch(() => {}); // it dies in it
      await sleep(simulation.clock, 200);
      simulation.network.crash('host-2', randomFraction(simulation.random) < 0.5 ? 'killed' : 'silent');
      await sleep(simulation.clock, 4_000);
      let released = false;
      const waiting = [one, three].map((member) => member.barrier('go', 60_000, never).then(() => (released = true)));
      const replacement = await simulation.join();
      await sleep(simulation.clock, 2_000);
      expect(released).toBe(false);
      await Promise.all([...waiting, replacement.barrier('go', 60_000, never)]);
      await coordinator.stop();
    });
  });

  test('a member that stops waiting is missing', async () => {
    await simulate(20, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(2);
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const waiting = members[0]?.barrier('go', 60_000, controller.signal);
      await sleep(simulation.clock, 100);
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await sleep(simulation.clock, 100);
      await expect(members[1]?.barrier('go', 1_000, never)).rejects.toThrow('not entered: 0');
      await coordinator.stop();
    });
  });
});

describe('streams', () => {
  async function echo(stream: Duplex, text: string): Promise<string> {
    stream.end(text);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  test('connect every pair, itself included, as soon as both are there', async () => {
    await simulate(40, { ...NO_FAULTS, refuse: 0.05 }, async (simulation) => {
      const coordinator = await simulation.coordinator(3);
      const members = await Promise.all(
        [0, 1, 2].map(async (rank) => {
          await sleep(simulation.clock, randomFraction(simulation.random) * 2_000);
          const member = await simulation.join(rank);
          member.listen(5, ({ stream, from }) => {
            stream.write(`${from}:`); // right behind the handshake
            stream.pipe(stream);
          });
          const answers = [0, 1, 2].map(async (peer) => echo(await member.connect(parseRank(peer), 5, never), `to ${peer}`));
          expect(await Promise.all(answers)).toEqual([0, 1, 2].map((peer) => `${rank}:to ${peer}`));
          return member;
        }),
      );
      await Promise.all(members.map((member) => member.leave('finished')));
      await coordinator.stop();
    });
  });

  test('end by their deadline in a rough network, and never with the wrong bytes', async () => {
    let connected = 0;
    await simulate(60, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(3);
      for (const member of members) member.listen(5, ({ stream }) => stream.pipe(stream));
      simulation.network.faults = ROUGH;
      await Promise.all(
        members.map(async (member, index) => {
          const startMs = simulation.clock.nowMs();
          const timeoutMs = 3_000;
          const peer = parseRank((index + 1) % 3);
          const options = { clock: simulation.clock, timeoutMs, waitingFor: 'a stream' };
          const stream = await withDeadline(options, (signal) => member.connect(peer, 5, signal)).catch(() => null);
          expect(simulation.clock.nowMs() - startMs).toBeLessThanOrEqual(timeoutMs);
          if (stream === null) return;
          connected += 1;
          const answer = await echo(stream, 'hello').catch(() => 'hello');
          expect('hello').toContain(answer);
        }),
      );
      await coordinator.stop();
    });
    expect(connected).toBeGreaterThan(100);
  });

  test('wait for a late listener, and say when nobody listens', async () => {
    await simulate(20, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(2);
      const [one, two] = members as [Group, Group];
      simulation.clock.schedule(1_000, () => void two.listen(5, ({ stream }) => stream.pipe(stream)));
      expect(await echo(await one.connect(two.self.rank, 5, never), 'late')).toBe('late');
      await expect(one.connect(two.self.rank, 6, never)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('nobody listens on port 6') });
      await coordinator.stop();
    });
  });

  test('waiting for a rank ends when the rank comes, at the signal, or with the group', async () => {
    await simulate(20, NO_FAULTS, async (simulation) => {
      const coordinator = await simulation.coordinator(3);
      const member = await simulation.join(0);
      const controller = new AbortController();
      const reason = new Error('enough');
      const [aborted, ended] = [member.connect(parseRank(1), 5, controller.signal), member.connect(parseRank(2), 5, never)];
      controller.abort(reason);
      await expect(aborted).rejects.toBe(reason);
      await member.leave('finished');
      await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
      await coordinator.stop();
    });
  });

  test('a pending connect fails with worker-lost when the member is lost', async () => {
    await simulate(20, NO_FAULTS, async (simulation) => {
      const { coordinator, members } = await simulation.group(2);
      simulation.network.crash('host-2', 'silent');
      const startMs = simulation.clock.nowMs();
      await expect(members[0]?.connect(parseRank(1), 5, never)).rejects.toMatchObject({ code: 'worker-lost' });
      expect(simulation.clock.nowMs() - startMs).toBeLessThan(3_000);
      await coordinator.stop();
    });
  });
});
