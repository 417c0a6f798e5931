/** Bodies that are read whole: how much memory they take, and when it is given back. */
import { execFile } from 'node:child_process';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Cancellation } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arrival } from './arrival.ts';
import { readBody } from './body.ts';
import { BodyMemory } from './body-memory.ts';

const MAX_BYTES = 1_342_177_280;

function request(headers: Readonly<Record<string, string>>): IncomingMessage {
  const made = new IncomingMessage(new Socket());
  made.headers = headers;
  return made;
}

/** Of a process of its own. */
async function peak(what: string): Promise<number> {
  const script = fileURLToPath(new URL('../testing/body-peak.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', script, what]);
  return Number(stdout);
}

describe('a body of unknown length', () => {
  it('is what came, however it is cut', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(pieces, async (lengths) => {
      const memory = new BodyMemory(MAX_BYTES);
      const from = request({ 'transfer-encoding': 'chunked' });
      const reading = readBody(from, { maxBytes: MAX_BYTES, memory, arrival: new Arrival() }, new Cancellation());
      const sent = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      for (const piece of sent) from.push(piece);
      from.push(null);
      const { pieces: kept, length, taken } = await reading;
      const bytes = Buffer.concat(kept);
      expect(Buffer.concat(sent).equals(bytes)).toBe(true);
      expect([length, taken, memory.bytes]).toEqual([bytes.length, bytes.length, bytes.length]);
    }), { numRuns: 20 });
  });

  it('takes no more of the address space than a few times what came', async () => {
    expect(await peak('chunked')).toBeLessThan(100_000_000);
  });

  it('that is a part of a form is not in memory twice', async () => {
    // 200 MiB, and pieces that the collector has not come by yet.
    expect(await peak('part')).toBeLessThan(320 * 1_048_576);
  });
});

describe('a machine without memory for a body', () => {
  it.each([
    ['of known length', { 'content-length': String(2 ** 52) }],
    ['of unknown length', { 'transfer-encoding': 'chunked' }],
  ])('%s says that it is full, and keeps nothing', async (_, headers) => {
    const memory = new BodyMemory(2 ** 53);
    const from = request(headers);
    const reading = readBody(from, { maxBytes: 2 ** 53, memory, arrival: new Arrival() }, new Cancellation());
    // A length that no machine has: node:buffer refuses it as it refuses what the kernel does not give.
    const piece = Buffer.alloc(1_000);
    if ('transfer-encoding' in headers) Object.defineProperty(piece, 'length', { value: 2 ** 52 });
    from.emit('data', piece);
    await expect(reading).rejects.toMatchObject({ status: 429, error: { retryable: true } });
    expect(memory.bytes).toBe(0);
  });
});

it('a body that nobody waits for any more is given up at once', async () => {
  const memory = new BodyMemory(1_000_000);
  const from = request({ 'content-length': '1000' });
  const cancellation = new Cancellation();
  const reading = readBody(from, { maxBytes: 1_000_000, memory, arrival: new Arrival() }, cancellation);
  from.push(Buffer.alloc(300));
  cancellation.abort('too late');
  await expect(reading).rejects.toBe('too late');
  expect(memory.bytes).toBe(0);
  from.push(Buffer.alloc(300));
  await expect(readBody(from, { maxBytes: 1_000_000, memory, arrival: new Arrival() }, cancellation)).rejects.toBe('too late');
  expect(memory.bytes).toBe(0);
});

it('a body takes memory for what has come of it, not for what it says it has', async () => {
  const memory = new BodyMemory(1_000_000);
  const limits = { maxBytes: 1_000_000, memory, arrival: new Arrival() };
  const from = request({ 'content-length': '1000000' });
  const reading = readBody(from, limits, new Cancellation());
  expect(memory.bytes).toBe(0);
  from.push(Buffer.alloc(300_000));
  await new Promise((resolve) => void setImmediate(resolve));
  expect([memory.bytes, limits.arrival.received]).toEqual([300_000, 300_000]);
  expect(() => readBody(request({ 'content-length': '800000' }), limits, new Cancellation())).toThrow(/as many bytes/);
  memory.take(700_000);
  from.push(Buffer.alloc(300_000));
  await expect(reading).rejects.toMatchObject({ status: 429 });
  expect(memory.bytes).toBe(700_000);
});
