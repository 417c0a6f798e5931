import fc from 'fast-check';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { encodeFrame, FrameChannel } from './frame-channel.ts';
import type { Shape } from './shape.ts';

const anything: Shape<unknown> = (value) => value;
const LIMIT = 10_000;

function cut(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const size = sizes[pieces.length % sizes.length] as number;
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}

test('gives back every message however the bytes are cut, and the bytes behind them on release', async () => {
  const messages = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(messages, fc.uint8Array({ maxLength: 500 }), sizes, async (sent, rest, pieceSizes) => {
      const stream = new PassThrough();
      const channel = new FrameChannel(stream);
      for (const piece of cut(Buffer.concat([...sent.map(encodeFrame), rest]), pieceSizes)) stream.write(piece);
      stream.end();
      for (const message of sent) expect(JSON.stringify(await channel.receive(anything, LIMIT))).toBe(JSON.stringify(message));
      const released = channel.release();
      const chunks: Buffer[] = [];
      for await (const chunk of released) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(Buffer.from(rest))).toBe(true);
    }),
  );
});

test('hands the stream over as if untouched: a data listener alone gets the bytes', async () => {
  const stream = new PassThrough();
  const channel = new FrameChannel(stream);
  stream.write(Buffer.concat([encodeFrame({ a: 1 }), Buffer.from('behind')]));
  await channel.receive(anything, LIMIT);
  const released = channel.release();
  const received = new Promise<string>((resolve) => void released.on('data', (chunk: Buffer) => resolve(chunk.toString())));
  expect(await received).toBe('behind');
});

test('tells a clean end from one inside a frame', async () => {
  const [clean, broken] = [new PassThrough(), new PassThrough()];
  clean.end(encodeFrame({}));
  broken.end(encodeFrame({ text: 'long enough' }).subarray(0, 9));
  const channel = new FrameChannel(clean);
  expect(await channel.receive(anything, LIMIT)).toEqual({});
  expect(await channel.receive(anything, LIMIT)).toBeNull();
  await expect(new FrameChannel(broken).receive(anything, LIMIT)).rejects.toMatchObject({ code: 'unavailable' });
});

test('notices a stream that broke before it was wrapped', async () => {
  const stream = new PassThrough();
  stream.on('error', () => {});
  stream.destroy(new Error('too early'));
  await new Promise((resolve) => void stream.once('close', resolve));
  await expect(new FrameChannel(stream).receive(anything, LIMIT)).rejects.toThrow('too early');
});

test.each([
  ['longer than the limit', Buffer.from([0, 0, 0x27, 0x11])],
  ['empty', Buffer.from([0, 0, 0, 0])],
  ['no JSON', Buffer.from([0, 0, 0, 2, 0x7b, 0x7b])],
  ['the start of an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
])('refuses a frame that is %s', async (_, bytes) => {
  const stream = new PassThrough();
  stream.write(bytes);
  await expect(new FrameChannel(stream).receive(anything, LIMIT)).rejects.toMatchObject({ code: 'protocol' });
});

test('reads no further than the frame it was asked for', async () => {
  const stream = new PassThrough({ highWaterMark: 1_000 });
  const channel = new FrameChannel(stream);
  const frame = encodeFrame({ text: 'x'.repeat(600) });
  stream.write(frame);
  await channel.receive(anything, LIMIT);
  let isBlocked = false;
  for (let count = 0; count < 10 && !isBlocked; count += 1) isBlocked = !stream.write(frame);
  await new Promise((resolve) => void setImmediate(resolve));
  expect(stream.writableNeedDrain || stream.readableLength > 0).toBe(true);
  expect(isBlocked).toBe(true);
});
