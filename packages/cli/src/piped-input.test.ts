/** Standard input or a pipe that does not end: it keeps no command from ending. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPiped, readText } from './piped-input.ts';
import { PappusChild } from './testing/pappus-child.ts';

const ending = { name: 'standard input', maxBytes: 100, signal: new AbortController().signal };

it('is read as a whole', async () => {
  const bytes = Buffer.from('größe');
  expect((await readPiped(Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]), ending)).toString()).toBe('größe');
});

it('is read up to its bound', async () => {
  await expect(readPiped(Readable.from([Buffer.alloc(60), Buffer.alloc(41)]), ending)).rejects.toMatchObject({ code: 'resource-exhausted', message: 'standard input has more than 100 bytes' });
});

it.each(['before', 'while'])('is let go of where the end is asked for %s it is read', async (when) => {
  const controller = new AbortController();
  const stream = new PassThrough();
  const asked = new Error('enough');
  if (when === 'before') controller.abort(asked);
  const ended = expect(readPiped(stream, { ...ending, signal: controller.signal })).rejects.toBe(asked);
  controller.abort(asked);
  await ended;
  expect(stream.destroyed).toBe(true);
});

describe('a command that reads standard input', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pappus-stdin-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes a pipe for a file, and ends where nobody writes to it', async () => {
    const pipe = join(folder, 'cache', 'pipe');
    await mkdir(join(folder, 'cache'), { recursive: true });
    execFileSync('mkfifo', [pipe]);
    const controller = new AbortController();
    const [text] = await Promise.all([readText(pipe, controller.signal), writeFile(pipe, 'SELECT')]);
    expect(text).toBe('SELECT');
    const asked = new Error('enough');
    const ended = expect(readText(pipe, controller.signal)).rejects.toBe(asked);
    controller.abort(asked);
    await ended;
  });

  it.each([
    ['SIGINT', ['check', '-']],
    ['SIGTERM', ['explain', '-f', '-']],
    ['SIGTERM', ['invoke', 'f', '--set', 'text=@-']],
  ] as const)('ends by %s: %j', async (signal, args) => {
    const child = await PappusChild.start(args, { folder });
    // More than a pipe holds: once it is written, somebody reads.
    await new Promise((resolve) => child.process.stdin?.on('error', () => {}).write(Buffer.alloc(1024 ** 2), resolve));
    child.process.kill(signal);
    expect(await child.ended).toEqual({ code: 130, signal: null, out: '', err: `error: interrupted by ${signal}\n` });
  });
});
