/** A program from its start to its end, by the clock. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileCacheFolder, repositoryRoot } from './folders.ts';

const TIMEOUT_MS = 60_000;

/** Milliseconds; rejects with the program's last words when it fails. */
export async function childRunMs(program: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const child = spawn(program, args, {
    cwd: repositoryRoot,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    killSignal: 'SIGKILL',
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2_000)));
  const [code] = (await once(child, 'close')) as [number | null];
  const elapsed = performance.now() - began;
  if (code !== 0) throw new Error(`${program} ${args.join(' ').slice(0, 200)} ended with ${code}: ${words}`);
  return elapsed;
}
