/** Says by how many bytes the address space of this process has grown at most for a chunked body of 1.3 MB that may have a gigabyte. */
import { readFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Cancellation } from '@pappus/core';
import { Arrival } from '../http/arrival.ts';
import { readBody } from '../http/body.ts';
import { BodyMemory } from '../http/body-memory.ts';

const MAX_BYTES = 1_342_177_280;
const peakBytes = (): number => Number(/^VmPeak:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) * 1024;

const request = new IncomingMessage(new Socket());
request.headers = { 'transfer-encoding': 'chunked' };
const before = peakBytes();
const reading = readBody(request, { maxBytes: MAX_BYTES, memory: new BodyMemory(MAX_BYTES), arrival: new Arrival() }, new Cancellation());
for (let piece = 0; piece < 20; piece++) request.push(Buffer.alloc(65_536));
request.push(null);
await reading;
process.stdout.write(String(peakBytes() - before));
