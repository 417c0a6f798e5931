/** A compute engine with real processes and fake sandboxes. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type LogFields, type Logger } from '@pappus/core';
import type { ComputeEngine, SegmentResult } from '../compute-engine.ts';
import { createComputeEngine, type ComputeEngineOptions } from '../create-compute-engine.ts';
import { fakeSource, FAKE_SANDBOXES, oneStep, taskOf, textSet } from './fake-functions.ts';

export interface LoggedLine {
  readonly message: string;
  readonly fields: LogFields;
}

export interface EngineUnderTest {
  readonly engine: ComputeEngine;
  readonly folder: string;
  readonly lines: readonly LoggedLine[];
  /** One run of a fake function on one item. */
  run(code: string, text?: string, signal?: AbortSignal): Promise<SegmentResult>;
  /** Process ids of the engine processes, oldest first. */
  pids(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export const NEVER: AbortSignal = new AbortController().signal;

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'pappus-engine-test-'));

export async function startEngine(options: Partial<ComputeEngineOptions> = {}): Promise<EngineUnderTest> {
  const folder = options.folder ?? (await temporaryFolder());
  const lines: LoggedLine[] = [];
  const logger: Logger = { log: (_level, message, fields = {}) => void lines.push({ message, fields }), child: () => logger };
  const own = { processes: 1, threads: 2, spares: 1, source: fakeSource, folder, sandboxes: FAKE_SANDBOXES, clock: systemClock, logger };
  const engine = await createComputeEngine({ ...own, ...options }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  return {
    engine,
    folder,
    lines,
    run: (code, text = 'hello', signal = NEVER) => engine.run(taskOf(oneStep(code), [textSet('in', text)]), signal),
    pids: () => childrenOf(process.pid),
    stop: async () => {
      await engine.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** The children of a process that run `engine-main`. */
export async function childrenOf(parent: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string): Promise<string> => readFile(join('/proc', name, file), 'utf8').catch(() => '');
    const [stat, command] = await Promise.all([read('stat'), read('cmdline')]);
    const [state, parentId] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parentId) === parent && state !== 'Z' && command.includes('engine-main')) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`gave up after ${timeoutMs} ms waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
