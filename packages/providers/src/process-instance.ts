/** One local process as an instance: from its spawn to its last words. */
import type { ChildProcess } from 'node:child_process';
import { systemCode, withDeadline, type Clock, type InstanceId, type Logger } from '@pappus/core';
import { OUTPUT_GRACE_MS } from './limits.ts';
import type { MemoryWatch } from './memory-watch.ts';
import { OutputTail } from './output-tail.ts';
import type { Exit, ExitReason, Instance } from './provider.ts';
import type { Reaper } from './reaper.ts';
import { removeFolder } from './run-folder.ts';

export interface ProcessInstanceOptions {
  readonly id: InstanceId;
  readonly label: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly folder: string;
  readonly memoryBytes: number;
  readonly stopGraceMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: MemoryWatch;
  readonly reaper: Reaper;
}

const HEAP_EXHAUSTED = 'JavaScript heap out of memory';

export class ProcessInstance implements Instance {
  readonly id: InstanceId;
  readonly label: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #options: ProcessInstanceOptions;
  readonly #tail = new OutputTail();
  #blame: ExitReason | null = null;
  #gone = false;

  constructor(options: ProcessInstanceOptions) {
    const { id, label, pid, child, memory, memoryBytes, reaper } = options;
    this.#options = options;
    this.id = id;
    this.label = label;
    this.pid = pid;
    reaper.add(pid);
    memory.add({ pid, limitBytes: memoryBytes, onExceeded: () => this.#kill('SIGKILL', 'out-of-memory') });
    child.stdout?.on('data', (chunk: Buffer) => this.#tail.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#tail.push(chunk));
    child.on('error', () => {}); // a message to a process that is gone; its exit is reported anyway
    this.exited = this.#exit();
  }

  peakMemoryBytes(): number {
    return this.#options.memory.peakBytes(this.pid);
  }

  async stop(): Promise<void> {
    const { clock, stopGraceMs } = this.#options;
    this.#kill('SIGTERM', 'stopped');
    const ended = withDeadline({ clock, timeoutMs: stopGraceMs, waitingFor: `${this.label} to end` }, () => this.exited);
    await ended.catch(() => this.kill());
    await this.exited;
  }

  /** Ends it at once; `exited` tells when it is gone. */
  kill(): void {
    this.#kill('SIGKILL', 'stopped');
  }

  /** The whole process group, so that nothing it started stays behind. The first one to kill it is the reason. */
  #kill(signal: 'SIGTERM' | 'SIGKILL', blame: ExitReason): void {
    if (this.#gone) return;
    this.#blame ??= blame;
    signalGroup(this.pid, signal);
  }

  async #exit(): Promise<Exit> {
    const { child, memory, reaper, folder, clock, logger } = this.#options;
    const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
    const { code, signal } = await new Promise<Pick<Exit, 'code' | 'signal'>>((resolve) => {
      child.once('exit', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
    });
    this.#gone = true;
    const peakMemoryBytes = memory.remove(this.pid);
    signalGroup(this.pid, 'SIGKILL'); // what it started and left behind
    reaper.remove(this.pid);
    await withDeadline({ clock, timeoutMs: OUTPUT_GRACE_MS, waitingFor: `the output of ${this.label}` }, () => closed).catch(() => this.#dropOutput());
    await removeFolder(folder).catch((error: unknown) => logger.log('warn', 'could not remove a working folder', { folder, detail: String(error) }));
    const lastWords = this.#tail.text();
    return { code, signal, reason: this.#reason(signal, lastWords), lastWords, peakMemoryBytes };
  }

  #reason(signal: string | null, lastWords: string): ExitReason {
    if (this.#blame !== null) return this.#blame;
    if (lastWords.includes(HEAP_EXHAUSTED)) return 'out-of-memory';
    return signal === null ? 'exited' : 'killed';
  }

  #dropOutput(): void {
    this.#options.child.stdout?.destroy();
    this.#options.child.stderr?.destroy();
  }
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: nobody is left, as wished. EPERM: macOS says so of a group of zombies.
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}
