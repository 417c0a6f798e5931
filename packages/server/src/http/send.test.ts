/** Answers that nobody reads. */
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { SimulatedClock } from '@pappus/testkit';
import { expect, it } from 'vitest';
import { SEND_STALL_MS } from '../limits.ts';
import { writePieces } from './send.ts';

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

it('a client that reads nothing is cut off after a while, not before', async () => {
  const clock = new SimulatedClock();
  await answering(async (response) => {
    const written = writePieces(response, PIECES, clock);
    await expect(clock.run(written)).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining(`${SEND_STALL_MS} ms`) });
    expect(clock.nowMs()).toBe(SEND_STALL_MS);
    expect(response.destroyed).toBe(true);
    expect(response.writableLength).toBeLessThan(PIECES.length * 1_048_576);
  });
});

it('a client that leaves ends its answer', async () => {
  const clock = new SimulatedClock();
  await answering(async (response) => {
    const written = writePieces(response, PIECES, clock);
    response.destroy();
    await expect(written).rejects.toMatchObject({ code: 'cancelled', message: expect.stringContaining('left') });
    expect(clock.nowMs()).toBe(0);
  });
});
