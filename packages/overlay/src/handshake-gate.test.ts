import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { silentLogger } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { HandshakeGate } from './handshake-gate.ts';
import { MAX_PENDING_HANDSHAKES } from './limits.ts';
import type { Connection } from './network.ts';

const address = { host: 'a', port: 1 };

function stranger(resets: number[], number: number): Connection {
  return { stream: new PassThrough(), local: address, remote: address, reset: () => void resets.push(number) };
}

function gate(clock: SimulatedClock): HandshakeGate {
  return new HandshakeGate({ clock, logger: silentLogger, timeoutMs: 1_000, what: 'connection' });
}

test('keeps a bounded number of connections that prove nothing: the oldest goes first', async () => {
  const clock = new SimulatedClock();
  const handshakes = gate(clock);
  const resets: number[] = [];
  const outcomes = Array.from({ length: MAX_PENDING_HANDSHAKES + 3 }, (_, number) => handshakes.run(stranger(resets, number), () => new Promise(() => {})));
  await clock.advance(0);
  expect(resets).toEqual([0, 1, 2]);
  await clock.advance(1_000);
  expect(resets).toHaveLength(MAX_PENDING_HANDSHAKES + 3);
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set([null]));
});

test('gives the result of a handshake, and drops a connection whose handshake fails', async () => {
  const clock = new SimulatedClock();
  const handshakes = gate(clock);
  const resets: number[] = [];
  expect(await handshakes.run(stranger(resets, 1), async () => 'proven')).toBe('proven');
  expect(await handshakes.run(stranger(resets, 2), () => Promise.reject(new Error('garbage')))).toBeNull();
  const pending = handshakes.run(stranger(resets, 3), () => new Promise(() => {}));
  handshakes.close();
  expect(await pending).toBeNull();
  expect(resets).toEqual([2, 3]);
});
