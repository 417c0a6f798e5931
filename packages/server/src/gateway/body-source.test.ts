/** A body as the source of an invocation: what is left of it whenever the invocation ends. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeSetsWhole } from '@pappus/platform';
import { SimulatedClock } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { Arrival } from '../http/arrival.ts';
import { BodyMemory } from '../http/body-memory.ts';
import { StreamedBody } from '../http/streamed-body.ts';
import { BodySource } from './body-source.ts';

function sourceOf(bytes: number): { readonly request: IncomingMessage; readonly memory: BodyMemory; readonly source: BodySource; readonly failures: unknown[] } {
  const request = new IncomingMessage(new Socket());
  request.headers = { 'content-length': String(bytes) };
  const memory = new BodyMemory(1_000_000);
  const failures: unknown[] = [];
  const source = new BodySource({
    body: new StreamedBody(request, { maxBytes: 1_000_000, memory, arrival: new Arrival() }),
    form: 'frame',
    contentType: 'application/vnd.pappus.sets',
    inputs: ['in'],
    callee: 'f',
    answered: () => ({ progress: 0, isBehind: false }),
    fail: (reason) => failures.push(reason),
    clock: new SimulatedClock(),
  });
  return { request, memory, source, failures };
}

it('leaves nothing in the memory of bodies where it ends while it is paused, however long the next item says it is', async () => {
  const items = [1_000, 700_000].map((length, key) => ({ name: `i${key}`, key, data: new Uint8Array(length) }));
  const body = encodeSetsWhole([{ name: 'in', items }]);
  const { request, memory, source, failures } = sourceOf(body.length);
  let added = 0;
  source.begin({
    add: () => {
      added += 1;
      source.pause();
    },
    end: () => {},
  });
  request.push(body.subarray(0, 2_000));
  while (added === 0) await turn();
  source.close();
  await turn();
  expect([added, memory.bytes, failures]).toEqual([1, 0, []]);
});

it('waits with an item for a place in the memory of bodies, and takes it as it comes', async () => {
  const body = encodeSetsWhole([{ name: 'in', items: [{ name: 'i', key: 0, data: new Uint8Array(700_000) }] }]);
  const { request, memory, source, failures } = sourceOf(body.length);
  const added: number[] = [];
  source.begin({ add: (_, [item]) => added.push(item?.data.length ?? 0), end: () => {} });
  memory.take(600_000);
  request.push(body.subarray(0, 300_000));
  await turn();
  expect(memory.bytes).toBeLessThan(901_000);
  request.push(body.subarray(300_000));
  request.push(null);
  for (let turns = 0; turns < 10; turns++) await turn();
  expect([added, memory.bytes <= 1_000_000]).toEqual([[], true]);
  memory.release(600_000);
  while (added.length === 0) await turn();
  expect([added, failures]).toEqual([[700_000], []]);
  source.close();
  expect(memory.bytes).toBe(0);
});

it('that waits for memory when it ends leaves nothing behind', async () => {
  const body = encodeSetsWhole([{ name: 'in', items: [{ name: 'i', key: 0, data: new Uint8Array(700_000) }] }]);
  const { request, memory, source, failures } = sourceOf(body.length);
  source.begin({ add: () => {}, end: () => {} });
  memory.take(999_900);
  request.push(body.subarray(0, 300_000));
  for (let turns = 0; turns < 10; turns++) await turn();
  source.close();
  memory.release(999_900);
  await turn();
  expect([memory.bytes, failures]).toEqual([0, []]);
});
