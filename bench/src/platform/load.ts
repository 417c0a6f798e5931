/** Load on an HTTP server from a process of its own: `wrk` where the machine has it, which takes little of the processor; else our own. */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadOrder, LoadResult } from './load-order.ts';

export interface Load {
  readonly url: string;
  readonly paths?: readonly string[];
  /** Null is a GET. */
  readonly body: Uint8Array | null;
  readonly connections: number;
  readonly seconds: number;
  readonly requests?: number;
  readonly rate?: number;
  readonly answerBytes?: number;
}

/** Measured by our own generator, which can do all that the benches ask for. */
export async function underLoad({ url, paths, body, connections, seconds, requests, rate, answerBytes }: Load, signal: AbortSignal): Promise<LoadResult> {
  const { hostname, port, pathname, search } = new URL(url);
  const order: LoadOrder = {
    host: hostname,
    port: Number(port),
    method: body === null ? 'GET' : 'POST',
    paths: paths ?? [pathname + search],
    bodyBase64: Buffer.from(body ?? []).toString('base64'),
    connections,
    seconds,
    requests: requests ?? null,
    rate: rate ?? null,
    answerBytes: answerBytes ?? null,
  };
  const child = fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const onAbort = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    child.send(order);
    const ended = once(child, 'exit').then(() => null);
    const told = await Promise.race([once(child, 'message'), ended]);
    signal.throwIfAborted();
    if (told === null) throw new Error('the load generator ended without a result');
    await ended;
    return (told as [LoadResult])[0];
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const run = promisify(execFile);
const WRK_SPARE_MS = 30_000;

export const hasWrk = (): Promise<boolean> => run('wrk', ['-v']).then(() => true, (thrown: { code?: unknown }) => thrown.code !== 'ENOENT');

/** Answers a second, and what went wrong, from `wrk` with one thread. `folder` takes its script. */
export async function throughputByWrk({ url, body, connections, seconds }: Load, folder: string, signal: AbortSignal): Promise<{ readonly perSecond: number; readonly failure: string | null }> {
  const script = join(folder, 'post.lua');
  const quoted = [...Buffer.from(body ?? [])].map((byte) => `\\${byte.toString().padStart(3, '0')}`).join('');
  writeFileSync(script, body === null ? 'wrk.method = "GET"' : `wrk.method = "POST"\nwrk.body = "${quoted}"\nwrk.headers["Content-Type"] = "application/octet-stream"`);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
  const { stdout } = await run('wrk', args, { signal, timeout: seconds * 1_000 + WRK_SPARE_MS });
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
  const failure = /Non-2xx.*|Socket errors.*/.exec(stdout)?.[0] ?? null;
  return { perSecond, failure };
}
