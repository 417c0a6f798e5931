/** The `pappus` command as a process of its own, with a private folder for temporary files, as its user sees it: and what it leaves behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, systemClock } from '@pappus/core';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Kept on purpose, and by Node itself. */
const CACHES: readonly string[] = ['node-compile-cache', 'cache'];

export interface ChildOptions {
  /** Everything temporary goes below it. */
  readonly folder: string;
  readonly cwd?: string;
  readonly stdio?: 'pipe' | 'closed-input';
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export class PappusChild {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.process = child;
    this.#folder = folder;
    const output = { out: '', err: '' };
    child.stdout?.on('data', (chunk: Buffer) => void (output.out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => void (output.err += chunk.toString()));
    this.ended = new Promise((resolve) => void child.once('close', (code, signal) => resolve({ code, signal, ...output })));
  }

  static async start(args: readonly string[], { folder, cwd = folder, stdio = 'pipe' }: ChildOptions): Promise<PappusChild> {
    const cache = join(folder, 'cache');
    await mkdir(cache, { recursive: true });
    const env = { PATH: process.env['PATH'] ?? '', TMPDIR: folder, XDG_CACHE_HOME: cache, HOME: folder };
    const child = spawn(process.execPath, ['--conditions=source', MAIN, ...args], { cwd, env, stdio: [stdio === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    return new PappusChild(child, folder);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** The process and everything below it. */
  tree(): readonly number[] {
    const parents = processParents();
    const found = [this.pid];
    for (const pid of found) for (const [child, parent] of parents) if (parent === pid && !found.includes(child)) found.push(child);
    return found;
  }

  /** Temporary files that are there now. */
  files(): readonly string[] {
    return temporaryFiles(this.#folder);
  }
}

export async function runPappus(args: readonly string[], options: ChildOptions): Promise<Ended> {
  const child = await PappusChild.start(args, options);
  child.process.stdin?.end();
  return child.ended;
}

export const temporaryFiles = (folder: string): readonly string[] => readdirSync(folder).filter((name) => !CACHES.includes(name));

/** Processes that run; those that ended and that nobody has asked about yet do not count. */
export const running = (pids: readonly number[]): readonly number[] => pids.filter((pid) => {
  const status = statusOf(pid);
  return status !== null && !/^State:\s+[ZX]/m.test(status);
});

/** A process for the message of a test that found it: what runs, whether it sleeps, and in what each thread waits. */
export function described(pid: number): string {
  const read = (path: string): string => quietly(() => readFileSync(`/proc/${pid}/${path}`, 'utf8'), '');
  const threads = quietly(() => readdirSync(`/proc/${pid}/task`), []).map((thread) => `${read(`task/${thread}/comm`).trim()}:${read(`task/${thread}/wchan`)}`);
  const state = /^State:\s+(.*)$/m.exec(read('status'))?.[1] ?? 'gone';
  return `${pid} ${state} ${read('cmdline').replaceAll('\0', ' ').slice(0, 200)} [${threads.join(' ')}]`;
}

/** Inodes of the listening sockets of these processes. */
export function listeningSockets(pids: readonly number[]): readonly string[] {
  const own = new Set(pids.flatMap((pid) => socketInodes(pid)));
  return allListening().filter((inode) => own.has(inode));
}

export function allListening(): readonly string[] {
  const lines = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/));
  return lines.filter((fields) => fields[3] === '0A').map((fields) => fields[9] ?? '');
}

/** Resolves with the milliseconds that it took, or null at the deadline. */
export async function eventually(isTrue: () => boolean, timeoutMs: number): Promise<number | null> {
  const startedAt = systemClock.nowMs();
  while (!isTrue()) {
    if (systemClock.nowMs() - startedAt > timeoutMs) return null;
    await sleep(systemClock, 20);
  }
  return systemClock.nowMs() - startedAt;
}

function socketInodes(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return [];
  return quietly(() => readdirSync(folder), []).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(quietly(() => readlinkSync(join(folder, fd)), ''))?.[1] ?? []);
}

function processParents(): ReadonlyMap<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return new Map(pids.map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid) ?? '')?.[1] ?? 0)]));
}

const statusOf = (pid: number): string | null => quietly(() => readFileSync(`/proc/${pid}/status`, 'latin1'), null);

/** Processes end while one looks at them. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
