/** Answers that nobody reads. */
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Cancellation } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { describe, expect, it } from 'vitest';
import { SEND_STALL_MS } from '../limits.ts';
import { endWith, writePieces, type Sending } from './send.ts';

async function answering(write: (response: ServerResponse) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const response = new Promise<ServerResponse>((resolve) => server.once('request', (_, each) => resolve(each)));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await write(await response);
  socket.destroy();
  await new Promise((resolve) => void server.close(resolve));
}

const PIECES = Array.from({ length: 64 }, () => new Uint8Array(1_048_576));

const sending = (clock: SimulatedClock): Sending => ({ clock, signal: new Cancellation() });

const LONG: readonly (readonly [string, (response: ServerResponse, bound: Sending) => Promise<void>])[] = [
  ['many pieces', (response, bound) => writePieces(response, PIECES, bound)],
  ['one', (response, bound) => endWith(response, new Uint8Array(64 * 1_048_576), bound)],
];

describe.each(LONG)('an answer of %s', (_, send) => {
  it('is cut off after a while where its client reads nothing, not before', async () => {
    const clock = new SimulatedClock();
    await answering(async (response) => {
      const written = send(response, sending(clock));
      await expect(clock.run(written)).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining(`${SEND_STALL_MS} ms`) });
      expect(clock.nowMs()).toBe(SEND_STALL_MS);
      expect(response.destroyed).toBe(true);
      expect(response.writableLength).toBeLessThan(PIECES.length * 1_048_576);
    });
  });

  it('ends with its client', async () => {
    const clock = new SimulatedClock();
    await answering(async (response) => {
      const written = send(response, sending(clock));
      response.destroy();
      await expect(written).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining('left') });
      expect(clock.nowMs()).toBe(0);
    });
  });

  it('ends when nobody waits for it any more', async () => {
    const cancellation = new Cancellation();
    await answering(async (response) => {
      const written = send(response, { clock: new SimulatedClock(), signal: cancellation });
      cancellation.abort('too late');
      await expect(written).rejects.toBe('too late');
      expect(response.writableLength).toBeLessThan(10_000_000);
      response.destroy();
    });
  });
});

it('a last piece that the client does not take is waited for', async () => {
  const clock = new SimulatedClock();
  await answering(async (response) => {
    response.on('error', () => {});
    // More than fits into the buffers of both sockets.
    response.write(new Uint8Array(16 * 1_048_576));
    const ended = endWith(response, new Uint8Array(1), sending(clock));
    await expect(clock.run(ended)).rejects.toMatchObject({ code: 'cancelled' });
    expect(clock.nowMs()).toBe(SEND_STALL_MS);
  });
});
