/**
 * Programs that an example needs beside the server, such as a small HTTP service: pappus.json names them, `dev` starts
 * and ends them. They run as the user, in no sandbox. A service is ready when it has printed a line; its standard input
 * ends when `dev` is gone, however that came about.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AppError, sleep, withDeadline, type Clock } from '@pappus/core';
import { childEnvironment } from '../environment.ts';
import { SERVICE_START_MS, SERVICE_STOP_MS } from './limits.ts';

export interface ServiceOptions {
  readonly folder: string;
  /** In the folder. */
  readonly file: string;
  readonly clock: Clock;
  /** Gets each line that it prints. */
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #exited: Promise<void>;

  private constructor(child: ChildProcess, clock: Clock, exited: Promise<void>) {
    this.#child = child;
    this.#clock = clock;
    this.#exited = exited;
  }

  /** Resolves when it is ready. */
  static async start({ folder, file, clock, print, signal }: ServiceOptions): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [file], { cwd: folder, env: childEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}); // it may be gone
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    const service = new ServiceProcess(child, clock, exited);
    const firstLine = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => print(`${file}: ${line}`));
      child.stdout.once('data', () => resolve());
    });
    const early = exited.then(() => Promise.reject(new AppError('unavailable', `the service ${file} ended before it was ready`, { hint: 'What it printed may say why. A service prints a line when it is ready.' })));
    early.catch(() => {});
    try {
      await withDeadline({ clock, timeoutMs: SERVICE_START_MS, waitingFor: `the first line of the service ${file}`, signal }, () => Promise.race([firstLine, early]));
      return service;
    } catch (thrown) {
      await service.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await Promise.race([this.#exited, sleep(this.#clock, SERVICE_STOP_MS)]);
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
