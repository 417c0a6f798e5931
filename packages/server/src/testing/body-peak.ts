/** What a body costs in this process, which has nothing else in it: `chunked`, `part`. Says it in bytes. */
import { readFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Cancellation } from '@pappus/core';
import { IncomingBytes } from '../formats/incoming-bytes.ts';
import { Arrival } from '../http/arrival.ts';
import { readBody } from '../http/body.ts';
import { BodyMemory } from '../http/body-memory.ts';

const MAX_BYTES = 1_342_177_280;
const PART_BYTES = 200 * 1_048_576;
const peakBytes = (of: 'VmPeak' | 'VmHWM'): number => Number(new RegExp(`^${of}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) * 1024;

/** Address space for 1.3 MB of unknown length. */
async function chunked(): Promise<number> {
  const request = new IncomingMessage(new Socket());
  request.headers = { 'transfer-encoding': 'chunked' };
  const before = peakBytes('VmPeak');
  const reading = readBody(request, { maxBytes: MAX_BYTES, memory: new BodyMemory(MAX_BYTES), arrival: new Arrival() }, new Cancellation());
  for (let piece = 0; piece < 20; piece++) request.push(Buffer.alloc(65_536));
  request.push(null);
  await reading;
  return peakBytes('VmPeak') - before;
}

/** Memory for a part of 200 MiB that does not say how long it is. */
async function part(): Promise<number> {
  const incoming = new IncomingBytes({ most: MAX_BYTES, reserve: () => true, release: () => {}, goOn: () => {} });
  const before = peakBytes('VmHWM');
  const gathered = incoming.gatherUntil(Buffer.from('\r\n--b'), Infinity);
  for (let sent = 0; sent < PART_BYTES; sent += 65_536) {
    incoming.piece(Buffer.alloc(65_536, 1));
    await new Promise((resolve) => void setImmediate(resolve));
  }
  incoming.piece(Buffer.from('\r\n--b'));
  if ((await gathered)?.length !== PART_BYTES) throw new Error('the part has another length');
  return peakBytes('VmHWM') - before;
}

process.stdout.write(String(await (process.argv[2] === 'part' ? part() : chunked())));
