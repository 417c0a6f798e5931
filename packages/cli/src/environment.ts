/** What the command line takes from the environment. The only reader of it. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError, jsonLogger, systemClock, type Logger, type LogLevel } from '@pappus/core';
import type { CommandContext } from './program.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LoggerOptions {
  /** Once it is aborted, losing workers is what was asked for and no news. */
  readonly ended?: AbortSignal;
  /** Lines of this level and above; `PAPPUS_LOG` counts more. */
  readonly level?: LogLevel;
}

export function stderrLogger({ err }: Pick<CommandContext, 'err'>, { ended, level: usual = 'warn' }: LoggerOptions = {}): Logger {
  const level = wantedLevel() ?? usual;
  return jsonLogger({ clock: systemClock, level, write: (line) => void ((level === 'debug' || ended?.aborted !== true) && err.write(`${line}\n`)) });
}

function wantedLevel(): LogLevel | null {
  const text = process.env['PAPPUS_LOG'] || null;
  const level = LEVELS.find((one) => one === text) ?? null;
  if (text !== level) throw new AppError('invalid-argument', `PAPPUS_LOG=${text?.slice(0, 40)} is no level of log lines`, { hint: `It is ${LEVELS.join(', ')}.` });
  return level;
}

/** Where generated data and footers are kept: `$XDG_CACHE_HOME/pappus`. */
export async function cacheFolder(...parts: readonly string[]): Promise<string> {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(base, 'pappus', ...parts);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Where a server keeps what was deployed, unless it is told otherwise: `$XDG_DATA_HOME/pappus`. */
export const dataFolder = (): string => join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'pappus');

/** The AWS variables among others, for whoever parses them. */
export const objectStoreVariables = (): Readonly<Record<string, string | undefined>> => process.env;

const DEFAULT_SERVER = 'http://127.0.0.1:7077';

export interface ServerAddress {
  readonly url: string;
  readonly token: string | null;
}

/** `PAPPUS_SERVER` and `PAPPUS_TOKEN`. */
export const serverAddress = (): ServerAddress => ({ url: process.env['PAPPUS_SERVER'] || DEFAULT_SERVER, token: process.env['PAPPUS_TOKEN'] || null });

const POOL_THREADS = 'UV_THREADPOOL_SIZE';
let hasWidenedPool = false;

/**
 * More threads for name look-ups (platform's `io/http/resolver.ts`), unless the user has said how many. libuv reads it
 * when it first needs one of them: to be called before files are read.
 */
export function widenThreadPool(threads: number): void {
  if (process.env[POOL_THREADS] !== undefined) return;
  process.env[POOL_THREADS] = String(threads);
  hasWidenedPool = true;
}

/** The environment of a program that is started for the user, who would have started it from the same shell. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { [POOL_THREADS]: _, ...others } = process.env;
  return hasWidenedPool ? others : { ...process.env };
}
