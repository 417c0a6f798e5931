import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CapturedStreams, pappus } from '../testing/captured-cli.ts';
import { eventually } from '../testing/pappus-child.ts';
import { dev } from './dev.ts';
import { serve } from './serve.ts';

let root = '';
let folder = '';
const machineFolder = process.env['TMPDIR'];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pappus-dev-test-'));
  folder = join(root, 'source');
  await mkdir(folder);
  // What is left behind is seen in a folder that nobody else uses.
  process.env['TMPDIR'] = join(root, 'temporary');
  await mkdir(tmpdir());
});
afterAll(async () => {
  if (machineFolder === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = machineFolder;
  await rm(root, { recursive: true });
});

const file = (name: string): string => join(folder, name);
const greeting = (word: string): string => `export const inputs = ['names'];\nexport const outputs = ['greetings'];\nexport default ({ names }) => ({ greetings: names.map((item) => ({ name: item.name, data: '${word} ' + item.text() })) });\n`;
const PIPELINE = 'function greet(names) => (greetings);\ncomposition pipeline(names) => (out) {\n    greet(names = each names) => (out = greetings);\n}\n';
const DEADLINE_MS = 20_000;

it('deploys a folder, again what is saved, shows mistakes without ending, and leaves nothing', async () => {
  const controller = new AbortController();
  const streams = new CapturedStreams();
  await writeFile(file('greet.js'), greeting('Hello'));
  await writeFile(file('part.js'), 'export const part = 1;\n');
  await writeFile(file('pipeline.pcl'), PIPELINE);
  // What a `dev` left that was killed.
  const gone = spawnSync(process.execPath, ['--version']).pid;
  await mkdir(join(tmpdir(), `pappus-dev-${hostname().replaceAll(/[^A-Za-z0-9]/g, '')}-${gone}-x/registry`), { recursive: true });
  const running = dev({ out: streams.out, err: streams.err, signal: controller.signal }, folder, { port: 0, threads: 1 });
  const shown = async (text: string): Promise<void> => {
    expect(await eventually(() => streams.all.includes(text), DEADLINE_MS), `${text} in ${streams.all}`).not.toBeNull();
  };
  try {
    await shown('try: pappus invoke pipeline --set names=…');
    expect(streams.all).not.toContain('part');
    const url = /http:\/\/\S+/.exec(streams.outText)?.[0] ?? '';
    const invoke = async (): Promise<string> => (await pappus('invoke', 'pipeline', '--server', url, '--set', 'names=Ada')).out;
    expect(await invoke()).toBe('Hello Ada');
    await writeFile(file('greet.js'), greeting('Goodbye'));
    expect(await eventually(() => streams.outText.split('greet(names)').length === 3, DEADLINE_MS), streams.all).not.toBeNull();
    expect(await invoke()).toBe('Goodbye Ada');
    await writeFile(file('pipeline.pcl'), PIPELINE.replace('each names', 'each nmaes'));
    await shown('there is no set `nmaes`');
    expect(await invoke()).toBe('Goodbye Ada');
    await writeFile(file('greet.js'), 'export const inputs = ["names"]; export const outputs = [];\nexport default (');
    await shown('greet.js cannot be bundled');
  } finally {
    controller.abort();
    await running;
  }
  expect(await readdir(tmpdir())).toEqual([]);
});

it('removes what is deleted, unless it is still called, and follows the services of pappus.json', async () => {
  const at = join(root, 'changing');
  await mkdir(at);
  const write = (name: string, text: string): Promise<void> => writeFile(join(at, name), text);
  const service = (word: string): string => `process.stdin.resume().on('end', () => process.exit());\nprocess.stdout.write('${word}\\n');\n`;
  await write('greet.js', greeting('Hello'));
  await write('part.js', 'export const part = 1;\n');
  await write('pipeline.pcl', PIPELINE);
  await write('one.mjs', service('one is ready'));
  await write('pappus.json', '{"dev": {"services": ["one.mjs"]}}');
  const controller = new AbortController();
  const streams = new CapturedStreams();
  const running = dev({ out: streams.out, err: streams.err, signal: controller.signal }, at, { port: 0, threads: 1 });
  const shown = async (text: string): Promise<void> => {
    expect(await eventually(() => streams.all.includes(text), DEADLINE_MS), `${text} in ${streams.all}`).not.toBeNull();
  };
  try {
    await shown('try: pappus invoke pipeline');
    await shown('one.mjs: one is ready');
    const url = /http:\/\/\S+/.exec(streams.outText)?.[0] ?? '';
    await write('greet.js', 'export const inputs = [');
    await shown('greet.js');
    expect(streams.all).not.toContain('greet is called by pipeline');
    await rm(join(at, 'greet.js'));
    await shown('greet is called by pipeline');
    await shown('hint: It stays as it was until nothing calls it');
    await write('pipeline.pcl', PIPELINE.replaceAll('pipeline', 'renamed'));
    await shown('removed pipeline');
    await rm(join(at, 'pipeline.pcl'));
    await shown('removed greet');
    expect(await pappus('ls', '--server', url)).toMatchObject({ status: 0, err: 'nothing is deployed\n' });
    await write('one.mjs', service('one is new'));
    await shown('one.mjs: one is new');
    await write('two.mjs', service('two is ready'));
    await write('pappus.json', '{"dev": {"services": ["two.mjs"], "allowHttp": ["http://127.0.0.1:1"]}}');
    await shown('two.mjs: two is ready');
    await shown('counts from the next start of dev');
  } finally {
    controller.abort();
    await running;
  }
});

it('a port that is taken is said to be', async () => {
  const occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  const address = occupied.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { out, err } = new CapturedStreams();
  try {
    await expect(serve({ out, err, signal: new AbortController().signal }, { folder: file('kept'), port })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
  } finally {
    await new Promise((resolve) => occupied.close(resolve));
  }
});

it('serves with a line for a request that failed, and refuses a level of log lines that there is not', async () => {
  const served = async (request: (url: string) => Promise<unknown>): Promise<string> => {
    const controller = new AbortController();
    const streams = new CapturedStreams();
    const running = serve({ out: streams.out, err: streams.err, signal: controller.signal }, { folder: file('logged'), port: 0, threads: 1, json: true });
    const started = eventually(() => streams.outText.endsWith('\n'), DEADLINE_MS);
    try {
      await Promise.race([running, started]);
      await request((JSON.parse(streams.outText) as { readonly url: string }).url);
    } finally {
      controller.abort();
      await running;
    }
    return streams.errText;
  };
  const describeNobody = (url: string): Promise<unknown> => pappus('describe', 'nobody', '--server', url);
  const LINE = /"level":"info","message":"request".*"status":404/;
  try {
    expect(await served(describeNobody)).toMatch(LINE);
    process.env['PAPPUS_LOG'] = 'warn';
    expect(await served(describeNobody)).not.toMatch(LINE);
    process.env['PAPPUS_LOG'] = 'inof';
    await expect(served(describeNobody)).rejects.toMatchObject({ code: 'invalid-argument', message: 'PAPPUS_LOG=inof is no level of log lines', hint: 'It is debug, info, warn, error.' });
  } finally {
    delete process.env['PAPPUS_LOG'];
  }
});

it('serves with flags over a configuration file until it is ended', async () => {
  await writeFile(file('server.json'), JSON.stringify({ port: 1, engines: { processes: 1, threads: 7 }, io: { slots: 8 } }));
  const controller = new AbortController();
  const streams = new CapturedStreams();
  const running = serve({ out: streams.out, err: streams.err, signal: controller.signal }, { folder: file('served'), config: file('server.json'), port: 0, threads: 1, json: true });
  expect(await eventually(() => streams.outText.endsWith('\n'), DEADLINE_MS), streams.all).not.toBeNull();
  const { url } = JSON.parse(streams.outText) as { readonly url: string };
  expect(await pappus('ls', '--server', url)).toMatchObject({ status: 0, err: 'nothing is deployed\n' });
  controller.abort();
  await running;
  expect(await pappus('ls', '--server', url)).toMatchObject({ status: 1 });
  await expect(serve({ out: streams.out, err: streams.err, signal: AbortSignal.abort() }, { host: '0.0.0.0', folder: file('open') })).rejects.toThrow('there is no token');
});
