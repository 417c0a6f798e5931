import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trace, TraceSpan } from '@pappus/api';
import { describe, expect, it } from 'vitest';
import { CapturedStreams } from '../testing/captured-cli.ts';
import type { CompositionDeployable, FunctionDeployable } from './deployable.ts';
import { inOrder } from './deployment.ts';
import { exportedSets } from './exported-sets.ts';
import { byteSize, duration, nameList, variable } from './flags.ts';
import { folderTarget, streamTarget } from './output-target.ts';
import { traceTimeline } from './trace-timeline.ts';

describe('flags', () => {
  it.each([['250ms', 250], ['10s', 10_000], ['1.5m', 90_000], ['1h', 3_600_000]])('the time %s', (text, ms) => expect(duration(text)).toBe(ms));
  it.each(['10', '', '-1s', '0ms', '5 days'])('no time: %j', (text) => expect(() => duration(text)).toThrow());
  it.each([['64KB', 65_536], ['1.5MB', 1_572_864], ['2GiB', 2_147_483_648], ['10B', 10]])('the size %s', (text, bytes) => expect(byteSize(text)).toBe(bytes));
  it.each(['64', '', '-1MB', '1TB'])('no size: %j', (text) => expect(() => byteSize(text)).toThrow());
  it('names and variables', () => {
    expect(nameList('a, b_2')).toEqual(['a', 'b_2']);
    expect(nameList('')).toEqual([]);
    expect(() => nameList('a,2b')).toThrow('"2b"');
    expect(variable('B=x=y', variable('A='))).toEqual({ A: '', B: 'x=y' });
    expect(() => variable('A')).toThrow();
  });
});

describe('names of sets in a source', () => {
  it.each([
    [`export const inputs = ['a', "b"];\nexport const outputs = [];`, ['a', 'b'], []],
    [`export const inputs: readonly string[] = [\n  'a', // the first\n  'b',\n] as const;`, ['a', 'b'], null],
    [`// export const inputs = ['a'];\n  export const outputs = [name];`, null, null],
  ])('%j', (source, inputs, outputs) => expect(exportedSets(source)).toEqual({ inputs, outputs }));
});

describe('the order of deployment', () => {
  const composition = (name: string, ...declared: readonly string[]): CompositionDeployable => ({ kind: 'composition', file: `${name}.pcl`, names: [name], signatures: new Map(), declared, source: '' });
  const code: FunctionDeployable = { kind: 'function', file: 'f.wasm', name: 'f', spec: { inputs: [], outputs: [] }, code: new Uint8Array(0), warnings: [] };
  const order = (...files: readonly (CompositionDeployable | FunctionDeployable)[]): readonly string[] => inOrder(files).map(({ file }) => file);

  it('is functions, then compositions after those that they call', () => {
    expect(order(composition('outer', 'middle', 'f'), composition('middle', 'inner'), code, composition('inner', 'f'))).toEqual(['f.wasm', 'inner.pcl', 'middle.pcl', 'outer.pcl']);
  });

  it('ends also where they call one another', () => {
    expect(order(composition('a', 'b'), composition('b', 'a'))).toEqual(['a.pcl', 'b.pcl']);
  });
});

describe('outputs', () => {
  const item = (name: string, data: string | Uint8Array): { readonly set: string; readonly name: string; readonly key: number; readonly data: Uint8Array } => ({ set: 'out', name, key: 0, data: Buffer.from(data) });

  it('never leave the folder that they are written to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pappus-outputs-'));
    try {
      const target = folderTarget(join(folder, 'inside'), new CapturedStreams());
      for (const name of ['../../escaped', '../..', 'a/../../../escaped']) await expect(target.add(item(name, 'x'))).rejects.toThrow('outside');
      await target.add(item('a/b', 'x'));
      expect(await readdir(folder, { recursive: true })).toEqual(['inside', 'inside/out', 'inside/out/a', 'inside/out/a/b']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('a listing shows the beginning of texts and nothing that a terminal would obey', async () => {
    const streams = new CapturedStreams();
    const target = streamTarget(streams);
    for (const one of [item('text', `${'long '.repeat(100)}`), item('binary', new Uint8Array([0xff, 0, 1])), item('escape', '\u001B[2Jx'), item('lines', 'a\nb\n')]) await target.add(one);
    await target.end();
    const rows = streams.outText.split('\n').filter((line) => line.includes('│ out')).map((line) => line.split('│').map((cell) => cell.trim()).slice(2, -1));
    expect(rows).toEqual([['text', '0', '500 B', `${'long '.repeat(12)}…`], ['binary', '0', '3 B', ''], ['escape', '0', '5 B', ''], ['lines', '0', '4 B', 'a⏎b']]);
  });
});

describe('a timeline', () => {
  const span = (startedUs: number, queueUs: number, computeUs: number): TraceSpan => ({ application: 0, function: 'f', makes: ['out'], run: 0, startedUs, queueUs, fetchUs: 0, sandboxUs: 0, computeUs, storeUs: 0, cached: false });
  const trace = (...spans: readonly TraceSpan[]): Trace => ({ invocation: 'i', name: 'n', hash: 'a'.repeat(64), startedAt: '2026-05-01T12:00:00.000Z', durationUs: 400, outcome: 'done', problem: null, inputBytes: 0, outputBytes: 0, spans, droppedSpans: 3 });
  const bars = (text: string): readonly string[] => text.split('\n').flatMap((line) => /▏(.*)▏/.exec(line)?.[1] ?? []);

  it('draws each run where it was, to scale', () => {
    const text = traceTimeline(trace(span(100, 100, 200), span(0, 0, 50)), new CapturedStreams().out);
    expect(bars(text)).toEqual([`${'█'.repeat(5)}${' '.repeat(35)}`, `${' '.repeat(10)}${'·'.repeat(10)}${'█'.repeat(20)}`]);
    expect(text).toContain('… 3 more runs');
  });

  it('a run that took no time is there', () => {
    expect(bars(traceTimeline(trace(span(399, 0.1, 0.2)), new CapturedStreams().out))).toEqual([`${' '.repeat(39)}█`]);
  });
});
