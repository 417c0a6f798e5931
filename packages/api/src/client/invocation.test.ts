import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { itemHead, itemPadding } from '../tar/tar-entry.ts';
import { answeringServer, type AnsweringServer } from '../testing/answering-server.ts';
import type { Invocation } from './invocation.ts';

interface Endless {
  readonly server: AnsweringServer;
  readonly invocation: Invocation;
  /** Resolves when the server sees the end. */
  readonly closed: Promise<unknown>;
}

/** One item comes, and then nothing more. */
async function endless(): Promise<Endless> {
  let response: ServerResponse | null = null;
  const server = await answeringServer((_request, answer) => {
    response = answer;
    answer.writeHead(200, { 'content-type': 'application/x-tar', 'pappus-invocation': 'i-1' });
    for (const piece of [itemHead('a', 'n', 0, 3), 'abc', itemPadding(3)]) answer.write(piece);
  });
  const invocation = await server.client.invoke('f', { a: [] });
  if (response === null) throw new Error('nobody asked');
  return { server, invocation, closed: once(response, 'close') };
}

const CANCELLED = { name: 'AppError', code: 'cancelled', message: expect.stringContaining('i-1') };

it('can be cancelled while somebody waits for an item', async () => {
  const { server, invocation, closed } = await endless();
  await using _ = server;
  const items = invocation.items();
  expect((await items.next()).value).toMatchObject({ set: 'a', name: 'n' });
  const waiting = expect(items.next()).rejects.toMatchObject(CANCELLED);
  await invocation.cancel();
  await waiting;
  await closed;
});

it('can be cancelled before its items are read, and between them, and twice', async () => {
  for (const readFirst of [false, true]) {
    const { server, invocation, closed } = await endless();
    await using _ = server;
    const items = invocation.items();
    if (readFirst) await items.next();
    await Promise.all([invocation.cancel(), invocation.cancel()]);
    await closed;
    await expect(items.next()).rejects.toMatchObject(CANCELLED);
  }
});

it('ends on the server when its reader leaves', async () => {
  const { server, invocation, closed } = await endless();
  await using _ = server;
  for await (const { name } of invocation.items()) if (name === 'n') break;
  await closed;
  await invocation.cancel();
});

it('cancelling is well where the connection has broken', async () => {
  const { server, invocation } = await endless();
  const items = invocation.items();
  await items.next();
  const broken = expect(items.next()).rejects.toMatchObject({ code: 'unavailable' });
  await server[Symbol.asyncDispose]();
  await broken;
  await invocation.cancel();
});

it('gives its items once', async () => {
  const { server, invocation } = await endless();
  await using _ = server;
  await invocation.items().next();
  await expect(invocation.items().next()).rejects.toThrow('read once');
});
