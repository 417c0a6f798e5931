/**
 * Programs compiled from C: that the interfaces are what compilers and C libraries take them for. Needs clang, lld and
 * wasi-libc; cases whose tools are missing are skipped.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openModule, testFactory, testSpec } from './testing/assemble.ts';
import { item, sandboxCompliance } from './testing/compliance.ts';

const folder = mkdtempSync(join(tmpdir(), 'pappus-clang-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = (name: string): string => join(import.meta.dirname, 'testing', 'c', name);
const abi = join(import.meta.dirname, '..', '..', 'abi');
const LEAN = ['--target=wasm32', '-nostdlib', '-Wl,--no-entry'];
const LIBC = ['--target=wasm32-wasi', '--sysroot=/usr'];

function compile(name: string, ...options: readonly string[]): Uint8Array {
  const output = join(folder, 'module.wasm');
  execFileSync('clang', ['-O2', '-Wall', '-Wextra', '-Werror', `-I${abi}`, ...options, source(name), '-o', output]);
  return readFileSync(output);
}

const compiles = (name: string, ...options: readonly string[]): boolean =>
  spawnSync('clang', [`-I${abi}`, ...options, source(name), '-o', join(folder, 'probe.wasm')]).status === 0;

const hasLean = compiles('copy-lean.c', ...LEAN);
const hasLibc = compiles('copy-files.c', ...LIBC);
const NO_RUNS = 0;

describe.skipIf(!hasLean)('without a C library', () => {
  sandboxCompliance('C', { factory: testFactory, programs: { copy: async () => compile('copy-lean.c', ...LEAN) }, canaryRuns: NO_RUNS });
  sandboxCompliance('C++', { factory: testFactory, programs: { copy: async () => compile('copy-lean.c', ...LEAN, '-x', 'c++') }, canaryRuns: NO_RUNS });
});

describe.skipIf(!hasLibc)('with a C library', () => {
  sandboxCompliance('files', { factory: testFactory, programs: { copy: async () => compile('copy-files.c', ...LIBC) }, canaryRuns: NO_RUNS });
  sandboxCompliance('the lean interface', { factory: testFactory, programs: { copy: async () => compile('copy-lean.c', ...LIBC, '-mexec-model=reactor', '-DPAPPUS_LIBC') }, canaryRuns: NO_RUNS });

  const print = async (how: string): Promise<{ readonly outcome: unknown; readonly stdout: string }> => {
    const sandbox = await openModule(compile('print.c', ...LIBC), { inputs: [], outputs: [], capabilities: { environment: { HOME: '/seed' } } });
    const stdio = { name: 'stdio', items: [item('argv', how), item('stdin', 'one\ntwo\n')] };
    for (let run = 0; run < 2; run++) sandbox.run([], stdio);
    const outcome = sandbox.run([], stdio);
    return { outcome, stdout: Buffer.from(outcome.log?.stdout ?? []).toString() };
  };

  test('a program sees arguments, environment, stdin and no time', async () => {
    const { outcome, stdout } = await print('well');
    expect(outcome).toMatchObject({ kind: 'done' });
    expect(stdout).toBe('argument well\nHOME=/seed\nline one\nline two\ntime 0\n');
  });

  test.each([
    ['exit', { kind: 'exit', code: 42 }],
    ['abort', { kind: 'trap', trap: 'unreachable instruction', functionName: 'abort' }],
    ['divide', { kind: 'trap', trap: 'division by zero', functionName: 'divide' }],
  ])('one that ends with %s says so, and what it printed is there', async (how, failure) => {
    const { outcome, stdout } = await print(how);
    expect(outcome).toMatchObject({ kind: 'failed', failure });
    expect(stdout).toContain(`argument ${how}`);
  });
});

test.skipIf(!hasLibc)('C programs are reset', async () => {
  const factory = testFactory();
  const prepared = await factory.prepare(compile('copy-files.c', ...LIBC), testSpec());
  expect(prepared).toMatchObject({ kind: 'prepared', module: { report: { mode: 'reset', reasons: [expect.stringContaining('put back')], abi: 'wasi' } } });
});
