/** Native programs for comparison: compiled once from the sources beside this file, and kept. Null where there is no compiler. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../harness/folders.ts';

const sources = join(import.meta.dirname, 'c');

/** The path of a static program made of `c/<name>.c`. */
export function nativeProgram(name: string): string | null {
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).filter((entry) => /\.[ch]$/.test(entry)).toSorted()) hash.update(readFileSync(join(sources, file)));
  const folder = join(dataFolder, 'native');
  const path = join(folder, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  for (const compiler of ['clang', 'cc']) {
    try {
      const unfinished = `${path}.${process.pid}`;
      execFileSync(compiler, ['-O3', '-static', '-o', unfinished, join(sources, `${name}.c`)], { stdio: 'ignore' });
      renameSync(unfinished, path);
      return path;
    } catch {} // no such compiler, or no static C library
  }
  return null;
}

const BUNDLE = (program: string): unknown => ({
  ociVersion: '1.0.2',
  process: { terminal: false, user: { uid: 0, gid: 0 }, args: [program], env: [], cwd: '/' },
  root: { path: 'rootfs', readonly: true },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
  linux: { namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })) },
});

export type Container = { readonly kind: 'bundle'; readonly path: string } | { readonly kind: 'none'; readonly reason: string };

/** A container image for runc that holds nothing but the program; tried once, since runc needs root and cgroups. */
export function containerOf(program: string | null, folder: string): Container {
  if (program === null) return { kind: 'none', reason: 'there is no C compiler for the program in the container' };
  const path = join(folder, `bundle-${createHash('sha256').update(program).digest('hex').slice(0, 8)}`);
  mkdirSync(join(path, 'rootfs', 'proc'), { recursive: true });
  copyFileSync(program, join(path, 'rootfs', 'program'));
  writeFileSync(join(path, 'config.json'), JSON.stringify(BUNDLE('/program')));
  try {
    execFileSync('runc', ['run', '-b', path, `pappus-bench-${process.pid}`], { input: '', timeout: 20_000, stdio: 'pipe' });
    return { kind: 'bundle', path };
  } catch (thrown) {
    const { code, stderr } = thrown as { code?: string; stderr?: Buffer };
    return { kind: 'none', reason: code === 'ENOENT' ? 'runc is not installed' : `runc runs nothing here: ${String(stderr ?? thrown).trim().slice(0, 300)}` };
  }
}

/** For `process-server.ts`. */
export const runcCommand = (bundle: string): readonly string[] => ['runc', 'run', '-b', bundle, '{id}'];
