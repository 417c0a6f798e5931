import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { systemClock } from '@pappus/core';
import { expect, it } from 'vitest';
import { frameType, HEADER_BYTES, PROTOCOL_VERSION } from './protocol.ts';
import { ThreadLink, type LinkEvents } from './thread-link.ts';

/** A link to a thread that says what the test says. */
function linked(): { readonly say: (bytes: Buffer) => void; readonly seen: string[] } {
  const seen: string[] = [];
  const note = (name: keyof LinkEvents) => (): void => void seen.push(name);
  const socket = new PassThrough();
  const events: LinkEvents = { ready: note('ready'), progressed: note('progressed'), returned: note('returned'), broken: note('broken'), closed: note('closed') };
  void new ThreadLink(0, { socket: socket as unknown as Socket, slots: null }, systemClock, events);
  return { say: (bytes) => void socket.emit('data', bytes), seen };
}

function greeting(): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES);
  frame[4] = frameType.ready;
  frame.writeUInt32LE(PROTOCOL_VERSION, 8);
  return frame;
}

it('hears of a thread that is there', () => {
  const { say, seen } = linked();
  say(greeting());
  expect(seen).toEqual(['ready', 'progressed']);
});

it('believes nothing more after what is no frame', () => {
  const { say, seen } = linked();
  say(Buffer.alloc(64, 0xff));
  say(greeting());
  expect(seen).toEqual(['broken']);
});
