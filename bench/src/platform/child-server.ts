/** A server in a process of its own, so that it is measured without whoever loads it; it ends with its owner. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCacheFolder } from '../harness/folders.ts';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

export interface ChildServer {
  readonly url: string;
  readonly pid: number;
  /** From asking for the process to its first word. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** The program sends `{ url }` to its parent when it takes connections, and ends when its parent is gone. */
export function forkServer(program: URL, args: readonly string[], nodeFlags: readonly string[] = []): Promise<ChildServer> {
  const began = performance.now();
  const child = fork(fileURLToPath(program), [...args], { execArgv: ['--conditions=source', ...nodeFlags], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder } });
  return started(child, began, async (signal) => {
    const [{ url }] = (await once(child, 'message', { signal })) as [{ url: string }];
    return url;
  });
}

/** A program that says where it listens: `urlOf` finds it in what it has written to standard output so far. */
export function spawnServer(program: string, args: readonly string[], urlOf: (output: string) => string | null): Promise<ChildServer> {
  const began = performance.now();
  const child = spawn(program, args, { cwd: dirname(args.at(-1) ?? program), stdio: ['ignore', 'pipe', 'inherit'] });
  return started(child, began, async (signal) => {
    let output = '';
    child.stdout.setEncoding('utf8');
    for (;;) {
      const [text] = (await once(child.stdout, 'data', { signal })) as [string];
      output += text;
      const url = urlOf(output);
      if (url !== null) {
        child.stdout.resume();
        return url;
      }
    }
  });
}

async function started(child: ChildProcess, began: number, urlOf: (signal: AbortSignal) => Promise<string>): Promise<ChildServer> {
  const gone = new AbortController();
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      gone.abort(new Error('the server ended before it took connections'));
      resolve();
    };
    child.once('close', end);
    child.once('error', end);
  });
  try {
    const url = await urlOf(AbortSignal.any([gone.signal, AbortSignal.timeout(START_TIMEOUT_MS)]));
    return { url, pid: child.pid ?? 0, startMs: performance.now() - began, stop: () => stopped(child, ended) };
  } catch (thrown) {
    await stopped(child, ended);
    throw gone.signal.aborted ? gone.signal.reason : thrown;
  }
}

async function stopped(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}
