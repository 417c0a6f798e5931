/** The examples run by the two command lines of their README, against a real server. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dev } from './commands/dev.ts';
import { CapturedStreams, pappus, type CliRun } from './testing/captured-cli.ts';
import { eventually } from './testing/pappus-child.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const EXAMPLES = join(ROOT, 'examples');
const DEADLINE_MS = 25_000;

let outputs = '';
beforeAll(async () => {
  outputs = await mkdtemp(join(tmpdir(), 'pappus-examples-'));
});
afterAll(() => rm(outputs, { recursive: true }));

interface Lines {
  readonly dev: readonly string[];
  readonly invoke: readonly string[];
}

/** What a user types, with paths from the root of the repository. */
async function readmeLines(example: string): Promise<Lines> {
  const text = await readFile(join(EXAMPLES, example, 'README.md'), 'utf8');
  const [first = '', second = ''] = [...text.matchAll(/^npm run pappus -- (.+)$/gm)].map(([, line = '']) => line.replaceAll('examples/', `${EXAMPLES}/`).replace('--out thumbs', `--out ${outputs}`));
  return { dev: first.split(' '), invoke: second.split(' ') };
}

/** Serves the example, invokes it by its second line with `change`, and hands on what came. */
async function run(example: string, ...changes: readonly ((line: readonly string[]) => readonly string[])[]): Promise<readonly CliRun[]> {
  const lines = await readmeLines(example);
  expect(lines.dev).toEqual(['dev', join(EXAMPLES, example)]);
  const controller = new AbortController();
  const streams = new CapturedStreams();
  const running = dev({ out: streams.out, err: streams.err, signal: controller.signal }, join(EXAMPLES, example), { port: 0, threads: 1 });
  try {
    expect(await eventually(() => streams.outText.includes('try: '), DEADLINE_MS), streams.all).not.toBeNull();
    expect(streams.errText).toBe('');
    const url = /http:\/\/\S+/.exec(streams.outText)?.[0] ?? '';
    const results: CliRun[] = [];
    for (const change of changes) results.push(await pappus(...change(lines.invoke), '--quiet', '--server', url));
    return results;
  } finally {
    controller.abort();
    await running;
  }
}

const asItIs = (line: readonly string[]): readonly string[] => line;

it('word count', async () => {
  const [result] = await run('word-count', asItIs);
  expect(result).toMatchObject({ status: 0, err: '' });
  const counts = new Map(result?.out.trim().split('\n').map((line) => line.trim().split(/\s+/)).map(([count = '', word = '']) => [word, Number(count)]));
  const expected = new Map<string, number>();
  for (const file of await readdir(join(EXAMPLES, 'word-count', 'texts'))) {
    for (const word of (await readFile(join(EXAMPLES, 'word-count', 'texts', file), 'utf8')).toLowerCase().match(/[a-z]+/g) ?? []) expected.set(word, (expected.get(word) ?? 0) + 1);
  }
  expect(counts).toEqual(expected);
});

it('log processing, with and without authorisation', async () => {
  const [allowed, refused] = await run('log-processing', asItIs, (line) => line.map((word) => word.replace('token=dandelion', 'token=thistle')));
  expect(allowed).toMatchObject({ status: 0, err: '' });
  expect(allowed?.out).toMatch(/^3 servers, 60 lines: ERROR 12, INFO 36, WARN 12\n/);
  expect(allowed?.out.match(/^server-\d: .* ERROR disk is full$/gm)).toHaveLength(12);
  expect(refused).toMatchObject({ status: 0, out: 'not authorised: unknown token\n' });
});

describe('thumbnails', () => {
  it('are small PNG images', async () => {
    const [result] = await run('thumbnails', asItIs);
    expect(result).toMatchObject({ status: 0, out: '', err: expect.stringContaining('3 items in') });
    const names = await readdir(join(outputs, 'thumbs'));
    expect(names.sort()).toEqual(['flag.png', 'hill.png', 'pappus.png']);
    const [flag, hill, pappusImage] = await Promise.all(names.map(async (name) => pixels(await readFile(join(outputs, 'thumbs', name)))));
    expect([flag?.size, hill?.size, pappusImage?.size]).toEqual([[64, 42], [64, 48], [48, 64]]);
    // The stripes of the flag, its middle, and the sky above the hill.
    expect([flag?.at(2, 2), flag?.at(32, 21), flag?.at(61, 2)]).toEqual([[20, 30, 60, 255], [200, 60, 50, 255], [70, 140, 90, 255]]);
    expect(hill?.at(0, 0).map((value) => Math.round(value / 10))).toEqual([12, 17, 24, 26]);
    expect(pappusImage?.at(0, 0)[3]).toBe(0);
  });

  interface Pixels {
    readonly size: readonly [number, number];
    at(x: number, y: number): readonly number[];
  }

  /** An image as the example writes it: RGBA, rows without a filter. */
  function pixels(file: Buffer): Pixels {
    expect(file.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]));
    const chunks = new Map<string, Buffer>();
    for (let at = 8; at < file.length; at += file.readUInt32BE(at) + 12) {
      const length = file.readUInt32BE(at);
      expect(crc32(file.subarray(at + 4, at + 8 + length))).toBe(file.readUInt32BE(at + 8 + length));
      chunks.set(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
    }
    const head = chunks.get('IHDR') ?? Buffer.alloc(13);
    const width = head.readUInt32BE(0);
    const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
    return { size: [width, head.readUInt32BE(4)], at: (x, y) => [...rows.subarray(y * (width * 4 + 1) + 1 + x * 4).subarray(0, 4)] };
  }
});

it('matrix multiplication', async () => {
  const [result] = await run('matmul', asItIs);
  expect(result).toEqual({ status: 0, out: ' 5  2  7\n14  5 16\n23  8 25\n', err: '' });
});

it('TypeScript', async () => {
  const [result] = await run('typescript', (line) => [...line, '--json']);
  const { sets } = JSON.parse(result?.out ?? '') as { readonly sets: readonly [{ readonly items: readonly { readonly data: string }[] }] };
  const stations = sets[0].items.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()) as unknown);
  expect(stations).toEqual([
    { station: 'harbour', readings: 3, min: 11.5, mean: 12.33, max: 13 },
    { station: 'hill', readings: 3, min: 6.75, mean: 7.33, max: 8 },
    { station: 'mill', readings: 2, min: 9, mean: 9.75, max: 10.5 },
  ]);
});

it.each([['hello-rust', 'Rust'], ['hello-assemblyscript', 'AssemblyScript']])('%s', async (example, language) => {
  const [result] = await run(example, asItIs);
  expect(result).toEqual({ status: 0, out: `Hello, Ada! Greetings from ${language}.\n`, err: '' });
});
