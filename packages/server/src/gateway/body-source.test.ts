/** A body as the source of an invocation: what is left of it whenever the invocation ends. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { encodeSetsWhole } from '@pappus/platform';
import { SimulatedClock } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { BodyMemory } from '../http/body-memory.ts';
import { StreamedBody } from '../http/streamed-body.ts';
import { BodySource } from './body-source.ts';

function sourceOf(bytes: number): { readonly request: IncomingMessage; readonly memory: BodyMemory; readonly source: BodySource; readonly failures: unknown[] } {
  const request = new IncomingMessage(new Socket());
  request.headers = { 'content-length': String(bytes) };
  const memory = new BodyMemory(1_000_000);
  const failures: unknown[] = [];
  const source = new BodySource({
    body: new StreamedBody(request, { maxBytes: 1_000_000, memory }),
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
