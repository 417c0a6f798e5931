/** What Linux knows of this process's workers: processor time by thread, and the most memory that was resident. Elsewhere null. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const tryTo = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    return null; // another system, or a process that has just ended
  }
};

/** Worker processes that this one started. */
export function workerProcesses(): readonly number[] {
  const pids = tryTo(() => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)) ?? [];
  return pids.filter((pid) => tryTo(() => parentOf(pid) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('worker-main')) === true);
}

/** The second field after the name, which may hold anything. */
const parentOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[1]);

export interface CpuTime {
  readonly totalMs: number;
  /** Of the main threads: sockets, protocol, garbage of frames. DuckDB is on others. */
  readonly mainThreadMs: number;
}

const NO_TIME: CpuTime = { totalMs: 0, mainThreadMs: 0 };

/** Since the processes began. */
export function cpuTime(pids: readonly number[]): CpuTime | null {
  if (pids.length === 0) return null;
  return tryTo(() => pids.map(ofProcess).reduce((a, b) => ({ totalMs: a.totalMs + b.totalMs, mainThreadMs: a.mainThreadMs + b.mainThreadMs }), NO_TIME));
}

function ofProcess(pid: number): CpuTime {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) => [thread, Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6] as const);
  return { totalMs: spent.reduce((sum, [, ms]) => sum + ms, 0), mainThreadMs: spent.find(([thread]) => thread === String(pid))?.[1] ?? 0 };
}

/** The most that was resident at once, since the process began or since `forgetPeak`. */
export function peakResidentBytes(pid: number | 'self'): number | null {
  const kilobytes = tryTo(() => /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  return kilobytes === null || kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Whether it worked. */
export const forgetPeak = (pid: number): boolean => tryTo(() => writeFileSync(`/proc/${pid}/clear_refs`, '5')) !== null;
