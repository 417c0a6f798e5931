import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invocationResultSchema } from '@pappus/api';
import { AppError, systemClock } from '@pappus/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CapturedStreams, pappus } from '../testing/captured-cli.ts';
import { eventually } from '../testing/pappus-child.ts';
import { startRunningServer, type RunningServer } from '../testing/running-server.ts';
import { invoke } from './invoke.ts';
import { logs } from './logs.ts';

const SHOUT = `
export const inputs = ['words'];
export const outputs = ['loud'];
export default function ({ words }) {
  for (const { name } of words) console.log('shouting ' + name);
  return { loud: words.map((word) => ({ name: word.name, key: word.key, data: word.text().toUpperCase() })) };
}
`;
const FAIL = `export const inputs = ['words']; export const outputs = ['loud'];\nexport default () => { throw new RangeError('too quiet'); };`;
const OBEYED = `export const inputs = ['words']; export const outputs = ['loud'];
export default () => { console.log('hi\\x1b]0;owned\\x07\\x1b[2J\\x9b2J\\tall\\nmore'); throw new Error('bad \\x1b[31;5mred\\x1b]0;owned\\x07'); };`;
const TWICE = `function shout(words) => (loud);
composition twice(words) => (out) {
    shout(words = each words) => (mid = loud);
    shout(words = all mid) => (out = loud);
}
`;

let server: RunningServer;
let file: (name: string) => string;

async function write(name: string, text: string): Promise<string> {
  await writeFile(file(name), text);
  return file(name);
}

beforeAll(async () => {
  server = await startRunningServer();
  file = (name) => join(server.folder, name);
  const source = [await write('shout.js', SHOUT), await write('fail.js', FAIL.replaceAll('; ', ';\n')), await write('twice.pcl', TWICE)];
  const { status, out, err } = await server.pappus('deploy', ...source.reverse());
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out.split('\n').map((line) => line.split(' ')[2])).toEqual(['fail(words)', 'shout(words)', 'twice(words)', undefined]);
});
afterAll(() => server.stop());

describe('deploy', () => {
  it('says when the server had that version', async () => {
    const { out } = await server.pappus('deploy', file('shout.js'), '--json');
    expect(JSON.parse(out)).toMatchObject([{ kind: 'function', name: 'shout', inputs: ['words'], outputs: ['loud'], isolation: { mode: 'reset' }, created: false, warnings: [] }]);
  });

  it('shows the place in a composition that is wrong, and deploys the other files', async () => {
    const { status, out, err } = await server.pappus('deploy', await write('wrong.pcl', TWICE.replaceAll('twice', 'wrong').replace('each words', 'each wrods')), file('shout.js'));
    expect(status).toBe(2);
    expect(out).toContain('unchanged shout(words) => (loud)');
    expect(err).toContain('3:24');
    expect(err).toContain('    shout(words = each wrods) => (mid = loud);');
    expect(err).toContain('^^^^^');
    expect(err).toContain('did you mean `words`?');
  });

  it.each(['none.wasm', 'none/', 'none.js', 'none.pcl'])('says that %s is not there', async (name) => {
    expect(await server.pappus('deploy', file(name))).toMatchObject({ status: 1, err: expect.stringContaining(`error: cannot read ${file(name)}: ENOENT`) });
  });

  it.each([['HTTP', '--allow-http'], ['Files', '--files']])('says how a server gets %s', async (name, flag) => {
    const source = await write(`${name}.pcl`, `function ${name}(a) => (b);\ncomposition wants${name}(x) => (y) {\n    ${name}(a = all x) => (y = b);\n}\n`);
    expect(await server.pappus('deploy', source)).toMatchObject({ status: 2, err: expect.stringContaining(`start the server with ${flag}`) });
    expect(await server.pappus('describe', name)).toMatchObject({ status: 1, err: expect.stringContaining(`start the server with ${flag}`) });
  });

  it('takes a folder for all that is in it', async () => {
    const folder = file('several');
    await mkdir(join(folder, 'below'), { recursive: true });
    expect(await server.pappus('deploy', folder)).toMatchObject({ status: 2, err: expect.stringContaining('holds no functions and no compositions') });
    await writeFile(join(folder, 'loud.js'), SHOUT);
    await writeFile(join(folder, 'part.js'), 'export const part = 1;');
    await writeFile(join(folder, 'louder.pcl'), TWICE.replaceAll('twice', 'louder').replaceAll('shout', 'loud'));
    const { status, out } = await server.pappus('deploy', folder);
    expect({ status, names: out.split('\n').map((line) => line.split(' ')[2]?.split('(')[0]) }).toEqual({ status: 0, names: ['loud', 'louder', undefined] });
    expect(await server.pappus('deploy', folder, '--name', 'other')).toMatchObject({ status: 2, err: expect.stringContaining('--name is for one file') });
  });

  it('tells every file of a folder that is wrong, and deploys the others', async () => {
    const folder = file('mixed');
    await mkdir(folder);
    for (const [name, text] of [['good.js', SHOUT], ['broken.js', `${SHOUT} (`], ['torn.js', `${SHOUT} [`], ['stray.wasm', 'no function of the folder']] as const) await writeFile(join(folder, name), text);
    const { status, out, err } = await server.pappus('deploy', folder);
    expect({ status, names: out.split('\n').map((line) => line.split(' ')[2]?.split('(')[0]) }).toEqual({ status: 2, names: ['good', undefined] });
    expect(err).toContain('broken.js cannot be bundled');
    expect(err).toContain('torn.js cannot be bundled');
    expect(err).toContain('2 of 3 files could not be deployed');
  });

  it('names a function, its sets and its limits by flags', async () => {
    const source = await write('plain.js', 'export default ({ a }) => ({ b: { n: a.length } });');
    expect(await server.pappus('deploy', source)).toMatchObject({ status: 2, err: expect.stringContaining('Give --in and --out') });
    const deployed = await server.pappus('deploy', source, '--name', 'counter', '--in', 'a', '--out', 'b', '--memory', '32MB', '--time', '500ms', '--env', 'A=1', '--clock');
    expect(deployed.err).toBe('');
    expect(deployed).toMatchObject({ status: 0, out: expect.stringContaining('counter(a) => (b)') });
    expect(await server.pappus('deploy', source, '--in', 'a', '--out', 'b', '--clock', '--memoize')).toMatchObject({ status: 2, err: expect.stringContaining('sees the clock') });
    const { out } = await server.pappus('describe', 'counter', '--json');
    expect(JSON.parse(out)).toMatchObject({ spec: { inputs: ['a'], outputs: ['b'], memoize: false, limits: { memoryBytes: 32 * 1024 ** 2, timeMs: 500 }, capabilities: { clock: true, random: false, environment: { A: '1' } } } });
  });

  it('refuses flags for functions where there is none', async () => {
    expect(await server.pappus('deploy', file('twice.pcl'), '--in', 'q', '--output-bytes', '1MB')).toMatchObject({ status: 2, err: expect.stringMatching(/--in, --output-bytes: for functions, and \S+twice\.pcl is a composition/) });
  });

  it('reads what pappus.json says of a function, and refuses keys that mean nothing', async () => {
    const folder = file('listed');
    await mkdir(folder);
    await writeFile(join(folder, 'some-code.js'), 'export default ({ a }) => ({ b: { n: a.length } });');
    await writeFile(join(folder, 'pappus.json'), JSON.stringify({ functions: { listed: { file: 'some-code.js', inputs: ['a'], outputs: ['b'], limits: { timeMs: 77 } } } }));
    expect(await server.pappus('deploy', join(folder, 'some-code.js'))).toMatchObject({ status: 0, out: expect.stringContaining('listed(a) => (b)') });
    expect(JSON.parse((await server.pappus('describe', 'listed', '--json')).out)).toMatchObject({ spec: { limits: { timeMs: 77 } } });
    await writeFile(join(folder, 'pappus.json'), JSON.stringify({ functions: { listed: { input: ['a'] } } }));
    expect(await server.pappus('deploy', join(folder, 'some-code.js'))).toMatchObject({ status: 2, err: expect.stringContaining('did you mean "inputs"?') });
  });
});

describe('invoke', () => {
  it('writes a single item to standard output as it is, and time and id elsewhere', async () => {
    const { status, out, err } = await server.pappus('invoke', 'shout', '--set', 'words=hello', '--timeout', '5m');
    expect({ status, out }).toEqual({ status: 0, out: 'HELLO' });
    expect(err).toMatch(/^[\d.]+ m?s · invocation \S+\n$/);
  });

  it('lists several items, and writes them below --out', async () => {
    const args = ['invoke', 'twice', '--set', 'words=one', '--set', 'words:7=two'] as const;
    const { out, err } = await server.pappus(...args);
    expect(out).toMatch(/│ out │ text_2 │ +7 │ +3 B │ TWO/);
    expect(err).toContain('2 items; --out DIR');
    const target = file('outputs');
    expect(await server.pappus(...args, '--out', target)).toMatchObject({ status: 0, out: '' });
    expect(await readFile(join(target, 'out', 'text_2'), 'utf8')).toBe('TWO');
    const asJson = await server.pappus(...args, '--out', target, '--json');
    expect(JSON.parse(asJson.out)).toEqual({ invocation: expect.any(String), name: 'twice', hash: expect.stringMatching(/^[0-9a-f]{64}$/), items: 2, folder: target });
  });

  it('takes folders and files as items, and gives JSON as the HTTP API does', async () => {
    await mkdir(file('texts/inner'), { recursive: true });
    for (const name of ['texts/a.txt', 'texts/inner/b.txt', 'texts/.hidden', 'single.txt']) await write(name, name);
    const { out } = await server.pappus('invoke', 'shout', '--set', `words=@${file('texts')}`, '--set', `words=@${file('single.txt')}`, '--json');
    const result = invocationResultSchema.parse(JSON.parse(out));
    expect(result.name).toBe('shout');
    expect(result.sets.map(({ name }) => name)).toEqual(['loud']);
    const items = result.sets[0]?.items.map(({ name, data }) => [name, Buffer.from(data, 'base64').toString()]);
    expect(items).toEqual([['a.txt', 'TEXTS/A.TXT'], ['inner/b.txt', 'TEXTS/INNER/B.TXT'], ['single.txt', 'SINGLE.TXT']]);
  });

  it('says which sets had no items where nothing came of it', async () => {
    expect(await server.pappus('invoke', 'shout')).toMatchObject({ status: 0, err: expect.stringContaining('warning: the input set words had no items: --set words=…\n') });
    expect((await server.pappus('invoke', 'shout', '--set', 'words=x')).err).not.toContain('warning');
  });

  it('tells how a function failed, with its stack, and the same as JSON', async () => {
    const { status, out, err } = await server.pappus('invoke', 'fail', '--set', 'words=x');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain('RangeError: too quiet');
    expect(err).toMatch(/fail\.js:3:\d+/);
    expect(err).toMatch(/hint: pappus trace \S+ shows its runs/);
    const asJson = await server.pappus('invoke', 'fail', '--set', 'words=x', '--json');
    expect(JSON.parse(asJson.err)).toMatchObject({ error: { code: 'function-failed', problem: { code: 'function-failed', failure: { kind: 'exception', function: 'fail' } } } });
  });

  it('suggests what was meant', async () => {
    expect(await server.pappus('invoke', 'shout', '--set', 'wrods=x')).toMatchObject({ status: 2, err: expect.stringContaining('Did you mean words?') });
    expect(await server.pappus('invoke', 'shuot', '--set', 'words=x')).toMatchObject({ status: 1, err: expect.stringContaining('there is no function or composition shuot') });
    expect(await server.pappus('invoke', 'shout', '--set', 'words')).toMatchObject({ status: 2, err: expect.stringContaining('not of the form NAME=VALUE') });
    expect(await server.pappus('invoke', 'shout', '--set', 'words=@missing')).toMatchObject({ status: 1, err: expect.stringContaining('cannot read missing') });
  });
});

describe('an invocation that takes too long', () => {
  beforeAll(async () => {
    await server.pappus('deploy', await write('endless.js', 'export const inputs = [];\nexport const outputs = [];\nexport default () => { for (;;); };'), '--time', '1s');
  });

  it('ends at once when it is interrupted, and the server goes on', async () => {
    const controller = new AbortController();
    const { out, err } = new CapturedStreams();
    const running = invoke({ out, err, signal: controller.signal }, 'endless', { server: server.url });
    const asked = new AppError('cancelled', 'enough');
    systemClock.schedule(200, () => controller.abort(asked));
    await expect(running).rejects.toBe(asked);
    expect(await server.pappus('invoke', 'shout', '--set', 'words=x')).toMatchObject({ status: 0, out: 'X' });
  });

  it('ends at its deadline or at the limit of the function', async () => {
    const late = await server.pappus('invoke', 'endless', '--timeout', '200ms');
    expect(late).toMatchObject({ status: 1, err: expect.stringContaining('hint: Give it more time with --timeout.') });
    expect(await server.pappus('invoke', 'endless')).toMatchObject({ status: 1, err: expect.stringContaining('1000 ms') });
  });
});

describe('what is registered', () => {
  it('is listed, described, removed', async () => {
    const listed = JSON.parse((await server.pappus('ls', '--json')).out) as readonly { readonly name: string }[];
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['fail', 'shout', 'twice']));
    expect((await server.pappus('ls')).out).toMatch(/│ twice +│ composition │ [0-9a-f]{12} │/);
    const described = await server.pappus('describe', 'shout');
    expect(described.out).toContain('shout(words) => (loud)  function');
    expect(described.out).toMatch(/isolation +JavaScript, reset between runs/);
    expect(described.out).toContain('each run starts from the memory that the script had');
    expect(described.out).toMatch(/limits +30.00 s, 256 MiB and 10000 items of output, 64 KiB of stdout/);
    expect(described.out).toMatch(/callers +twice/);
    expect((await server.pappus('describe', 'twice')).out).toContain('shout(words = all mid) => (out = loud);');
    expect(await server.pappus('rm', 'shout')).toMatchObject({ status: 2, err: expect.stringContaining('shout is called by twice') });
    await server.pappus('deploy', await write('gone.js', SHOUT));
    expect(await server.pappus('rm', 'gone')).toMatchObject({ status: 0, out: 'removed gone, 1 version\n' });
    expect(await server.pappus('describe', 'gone')).toMatchObject({ status: 1 });
  });
});

describe('observing', () => {
  beforeAll(async () => {
    await server.pappus('deploy', file('shout.js'), '--name', 'whisper');
  });

  it('shows what a function printed', async () => {
    await server.pappus('invoke', 'shout', '--set', 'words=x');
    const { out } = await server.pappus('logs', 'shout');
    expect(out).toMatch(/stdout shouting text\n/);
    const [first = ''] = (await server.pappus('logs', 'shout', '--json')).out.split('\n');
    expect(JSON.parse(first)).toMatchObject({ stream: 'stdout' });
    expect((await server.pappus('logs', 'twice')).err).toBe('twice is a composition, and only functions write: pappus logs shout\n');
    expect(await server.pappus('logs', 'nobody')).toMatchObject({ status: 1 });
  });

  it('shows nothing of a function that a terminal would obey', async () => {
    await server.pappus('deploy', await write('obeyed.js', OBEYED.replaceAll('; ', ';\n')));
    const invoked = await server.pappus('invoke', 'obeyed', '--set', 'words=x');
    expect(invoked.err).toContain('bad ·[31;5mred·]0;owned·');
    const id = /trace (\S+) shows/.exec(invoked.err)?.[1] ?? '';
    const shown = [invoked, await server.pappus('logs', 'obeyed'), await server.pappus('trace', id)];
    expect(shown[1]?.out).toMatch(/stdout hi·\]0;owned··\[2J·2J\tall\n.* stdout more\n/);
    // oxlint-disable-next-line no-control-regex
    for (const { out, err } of shown) expect(out + err).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
  });

  it('follows what a function prints until it is ended', async () => {
    const controller = new AbortController();
    const streams = new CapturedStreams();
    const following = logs({ out: streams.out, err: streams.err, signal: controller.signal }, 'whisper', { server: server.url, follow: true });
    const ended = expect(following).rejects.toThrow('enough');
    expect(await eventually(() => streams.errText === 'whisper has written nothing yet\n', 10_000), streams.all).not.toBeNull();
    for (const count of [1, 2]) {
      await server.pappus('invoke', 'whisper', '--set', 'words=x');
      expect(await eventually(() => streams.outText.split('shouting text').length === count + 1, 10_000), streams.all).not.toBeNull();
    }
    controller.abort(new AppError('cancelled', 'enough'));
    await ended;
  });

  it('draws the runs of an invocation', async () => {
    const invoked = await server.pappus('invoke', 'twice', '--set', 'words=a', '--set', 'words=b', '--trace', '--quiet');
    expect(invoked.err).toMatch(/twice@[0-9a-f]{12} {2}\S+ {2}done in/);
    const id = /twice@[0-9a-f]{12} {2}(\S+)/.exec(invoked.err)?.[1] ?? '';
    const { out } = await server.pappus('trace', id);
    expect(out.split('\n').filter((line) => /^(?:[├└] shout → \w+| {2,}|│ +)(?: #\d)? *▏.{40}▏ queue \d+ {2}fetch \d+ {2}sandbox \d+ {2}compute \d+ {2}store \d+ µs$/.test(line))).toHaveLength(3);
    expect(JSON.parse((await server.pappus('trace', id, '--json')).out)).toMatchObject({ invocation: id, outcome: 'done' });
    expect(await server.pappus('trace', 'none')).toMatchObject({ status: 1, err: expect.stringContaining('pappus invoke --trace') });
  });
});

it('says how to start a server where there is none', async () => {
  const url = 'http://127.0.0.1:59999';
  expect(await pappus('ls', '--server', url)).toEqual({ status: 1, out: '', err: `error: no server at ${url}\nhint: Start one with \`pappus serve\`.\n` });
});
