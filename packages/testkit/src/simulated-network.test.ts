import { describe, expect, test } from 'vitest';
import { seededRandom } from '@pappus/core';
import { networkCases } from './network-cases.ts';
import { forEachSeed } from './seeds.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { NO_FAULTS, SimulatedNetwork } from './simulated-network.ts';

const never = new AbortController().signal;

function simulation(seed: number): { readonly clock: SimulatedClock; readonly network: SimulatedNetwork } {
  const clock = new SimulatedClock();
  return { clock, network: new SimulatedNetwork({ clock, random: seededRandom(seed) }) };
}

describe('the interface', () => {
  for (const { name, run } of networkCases) {
    test(name, () =>
      forEachSeed({ count: 3 }, async (_, seed) => {
        const { clock, network } = simulation(seed);
        await run({ server: network.host('10.0.0.1'), client: network.host('10.0.0.2'), serverHost: '10.0.0.1', clientHost: '10.0.0.2', run: (promise) => clock.run(promise) });
      }),
    );
  }
});

test('the same seed gives the same history', async () => {
  const history = async (): Promise<readonly number[]> => {
    const { clock, network } = simulation(7);
    const times: number[] = [];
    await network.host('a').listen({ host: 'a', port: 1 }, ({ stream }) => void stream.on('data', () => times.push(clock.nowMs())));
    const { stream } = await clock.run(network.host('b').connect({ host: 'a', port: 1 }, never));
    for (let count = 0; count < 20; count += 1) stream.write(Buffer.alloc(100));
    await clock.advance(1_000);
    return times;
  };
  expect(await history()).toEqual(await history());
});

test('a killed host closes its connections, a silent one says nothing, and a cut holds bytes back until it heals', async () => {
  const { clock, network } = simulation(1);
  const events: string[] = [];
  const listener = await network.host('server').listen({ host: 'server', port: 1 }, ({ stream, remote }) => {
    stream.on('data', (chunk: Buffer) => events.push(`${remote.host}: ${chunk.toString()}`));
    stream.on('end', () => events.push(`${remote.host}: end`));
  });
  const connect = async (name: string) => (await clock.run(network.host(name).connect(listener.address, never))).stream;
  const [, , cut] = [await connect('killed'), await connect('silent'), await connect('cut')];
  network.cut('cut', 'server');
  cut.write('held');
  network.crash('killed', 'killed');
  network.crash('silent', 'silent');
  await clock.advance(10_000);
  expect(events).toEqual(['killed: end']);
  network.heal();
  await clock.advance(10);
  expect(events).toEqual(['killed: end', 'cut: held']);
});

test('refuses and loses attempts, and breaks connections, as the faults say', async () => {
  const { clock, network } = simulation(1);
  await network.host('server').listen({ host: 'server', port: 1 }, () => {});
  const attempt = (signal: AbortSignal) => network.host('client').connect({ host: 'server', port: 1 }, signal);
  network.faults = { ...NO_FAULTS, refuse: 1 };
  await expect(clock.run(attempt(never))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  network.faults = { ...NO_FAULTS, lose: 1 };
  const controller = new AbortController();
  clock.schedule(100, () => controller.abort(new Error('too long')));
  await expect(clock.run(attempt(controller.signal))).rejects.toThrow('too long');
  network.faults = { ...NO_FAULTS, breakConnection: 1, breakWithinMs: 50 };
  const { stream } = await clock.run(attempt(never));
  await clock.advance(100);
  expect(stream.destroyed).toBe(true);
});
