import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { InputItem } from '@pappus/api';
import { AppError } from '@pappus/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatherInputs, parseSetArgument, type InputSource } from './set-arguments.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-sets-'));
  await mkdir(join(folder, 'b/c'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  await Promise.all(['a.txt', 'b/c/d.txt', '.hidden'].map((name) => writeFile(join(folder, name), name)));
  await symlink(join(folder, 'a.txt'), join(folder, 'link.txt'));
});
afterAll(() => rm(folder, { recursive: true }));

const stdin = (): InputSource => ({ stdin: Readable.from([Buffer.from('from '), Buffer.from('stdin')]), signal: new AbortController().signal });

async function gathered(...texts: readonly string[]): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const { sets } = await gatherInputs(texts, stdin());
  const list = async (items: readonly InputItem[]): Promise<readonly unknown[]> => Promise.all(items.map(async ({ name, key, data }) => [name, key, await content(data)]));
  return Object.fromEntries(await Promise.all(Object.entries(sets).map(async ([set, items]) => [set, await list(items as readonly InputItem[])] as const)));
}

async function content(data: InputItem['data']): Promise<string> {
  if (typeof data === 'string') return data;
  if (data instanceof Uint8Array) return Buffer.from(data).toString();
  const chunks: Uint8Array[] = [];
  for await (const chunk of data.chunks) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toHaveLength(data.bytes);
  return Buffer.concat(chunks).toString();
}

it('takes texts, files, folders, standard input and keys', async () => {
  expect(await gathered('q=one', 'q:7=two', `q=@${join(folder, 'a.txt')}`, 'other=@-', `all=@${folder}`)).toEqual({
    q: [['text', 0, 'one'], ['text_2', 7, 'two'], ['a.txt', 0, 'a.txt']],
    other: [['stdin', 0, 'from stdin']],
    all: [['a.txt', 0, 'a.txt'], ['b/c/d.txt', 0, 'b/c/d.txt'], ['link.txt', 0, 'a.txt']],
  });
});

it.each([['dangling', 'a link to nothing'], ['below', 'one in a folder below']])('says which file of a folder cannot be read: %s, %s', async (name) => {
  const [at, file] = [join(folder, 'links', name), name === 'below' ? 'inner/gone' : 'gone'];
  await mkdir(join(at, 'inner'), { recursive: true });
  await symlink(join(folder, 'nothing'), join(at, file));
  await expect(gatherInputs([`q=@${at}`], stdin())).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(`--set q: cannot read ${join(at, file)}: ENOENT`) });
  await rm(join(folder, 'links'), { recursive: true });
});

it('says which file went away before it was sent', async () => {
  const file = join(folder, 'brief.txt');
  await writeFile(file, 'brief');
  const { sets } = await gatherInputs([`q=@${file}`], stdin());
  await rm(file);
  const [item] = sets['q'] as readonly InputItem[];
  await expect(content(item?.data ?? '')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(`--set q: cannot read ${file}: ENOENT`) });
});

it('takes what a pipe brings, and files whose size is not known, as they are', async () => {
  const pipe = join(folder, 'empty', 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writing = writeFile(pipe, 'through a pipe');
  expect(await gathered(`q=@${pipe}`)).toEqual({ q: [['pipe', 0, 'through a pipe']] });
  await writing;
  await rm(pipe);
  expect(await gathered('q=@/proc/self/comm', 'none=@/dev/null')).toEqual({ q: [['comm', 0, expect.stringMatching(/^.+\n$/)]], none: [['null', 0, '']] });
});

it('waits for the writer of a pipe until somebody asks for the end', async () => {
  const pipe = join(folder, 'empty', 'pipe');
  execFileSync('mkfifo', [pipe]);
  const controller = new AbortController();
  const asked = new AppError('cancelled', 'enough');
  const ended = expect(gatherInputs([`q=@${pipe}`], { ...stdin(), signal: controller.signal })).rejects.toBe(asked);
  controller.abort(asked);
  await ended;
  await rm(pipe);
});

it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('a set may be called %s', async (set) => {
  expect(Object.entries(await gathered(`${set}=x`, `${set}=y`))).toEqual([[set, [['text', 0, 'x'], ['text_2', 0, 'y']]]]);
});

it('an empty text is an item, an empty folder a set without items', async () => {
  expect(await gathered('q=', `none=@${join(folder, 'empty')}`)).toEqual({ q: [['text', 0, '']], none: [] });
});

it('a text may hold anything', () => {
  expect(parseSetArgument('q=a=b\n@c')).toEqual({ set: 'q', key: 0, value: { kind: 'text', text: 'a=b\n@c' } });
});

it.each([['q', 'not of the form'], ['=x', 'not of the form'], ['q:x=1', 'not of the form'], ['q:4294967296=x', 'above 4294967295'], ['q=@', 'names no file']])('refuses %s', async (text, message) => {
  await expect(gatherInputs([text], stdin())).rejects.toThrow(message);
});

it('refuses what would be two items of one name, and standard input twice', async () => {
  const file = join(folder, 'a.txt');
  await expect(gatherInputs([`q=@${file}`, `q=@${file}`], stdin())).rejects.toThrow('two items of the name a.txt');
  await expect(gatherInputs(['a=@-', 'b=@-'], stdin())).rejects.toThrow('one item, not several');
});
