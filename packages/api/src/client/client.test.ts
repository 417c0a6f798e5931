/** What the client throws, and what it takes, of servers and sources that misbehave. */
import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { AppError } from '@pappus/core';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_BYTES } from '../limits.ts';
import { answeringServer } from '../testing/answering-server.ts';

const MEGABYTE = Buffer.alloc(1024 ** 2, ' ');

/** Without a length; how much of it was wanted is counted. */
function flood(response: ServerResponse, status: number, sent: { megabytes: number }): void {
  const pieces = function* (): Generator<Buffer, void, undefined> {
    for (; sent.megabytes < 200; sent.megabytes++) yield MEGABYTE;
    yield Buffer.from('{}');
  };
  response.writeHead(status, { 'content-type': 'application/json' });
  pipeline(Readable.from(pieces()), response, () => {});
}

describe('answers', () => {
  it('a connection that breaks within one is unavailable', async () => {
    await using server = await answeringServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('abc', () => response.destroy());
    });
    const broken = { name: 'AppError', code: 'unavailable', retryable: true };
    await expect(server.client.invokeRaw('f', 'x')).rejects.toMatchObject({ ...broken, message: expect.stringContaining('POST /v1/invoke/f') });
    await expect(server.client.metrics()).rejects.toMatchObject(broken);
  });

  it.each([200, 500])('JSON of status %i is taken up to its bound, whatever length it says', async (status) => {
    const sent = { megabytes: 0 };
    await using server = await answeringServer((_request, response) => flood(response, status, sent));
    await expect(server.client.openapi()).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining(`more than ${MAX_JSON_BYTES} bytes`) });
    expect(sent.megabytes).toBeLessThan(100);
  });

  it('a length beyond the bound is not waited for', async () => {
    await using server = await answeringServer((_request, response) => {
      response.writeHead(200, { 'content-length': String(MAX_JSON_BYTES + 1) });
      response.write('{');
    });
    await expect(server.client.openapi()).rejects.toMatchObject({ code: 'resource-exhausted' });
  });

  it('whoever asked for the end gets the own reason', async () => {
    const controller = new AbortController();
    const asked = new AppError('cancelled', 'enough');
    await using server = await answeringServer((_request, response) => {
      response.writeHead(200);
      response.write('abc', () => controller.abort(asked));
    });
    await expect(server.client.invokeRaw('f', 'x', { signal: controller.signal })).rejects.toBe(asked);
  });
});

describe.each([['short enough to be sent in one piece', 1], ['streamed', 12]])('an item that is %s', (_how, megabytes) => {
  const bytes = 2 * megabytes * MEGABYTE.length;
  async function* chunks(end: () => void): AsyncGenerator<Uint8Array, void, undefined> {
    for (let i = 0; i < megabytes; i++) yield MEGABYTE;
    end();
  }
  const invoked = async (data: { readonly bytes: number; readonly chunks: AsyncIterable<Uint8Array> }): Promise<unknown> => {
    await using server = await answeringServer((request) => void request.resume());
    return await server.client.invoke('f', { a: [{ name: 'n', data }] });
  };

  it('and shorter than said is a mistake of the caller', async () => {
    await expect(invoked({ bytes, chunks: chunks(() => {}) })).rejects.toMatchObject({ code: 'invalid-argument', retryable: false, message: expect.stringContaining(`fewer bytes than the ${bytes}`) });
  });

  it('and whose source fails gives the failure of the source', async () => {
    const failure = new Error('the disk broke');
    await expect(invoked({ bytes, chunks: chunks(() => { throw failure; }) })).rejects.toBe(failure);
  });
});
