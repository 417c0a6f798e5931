/** Memory and processor time of a process and all that it has started, where the system is Linux; elsewhere nothing is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpuTime, forgetPeak, peakResidentBytes } from '../harness/worker-processes.ts';

/** The process and its descendants. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of listed()) {
    const parent = parentOf(Number(name));
    if (parent === null) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

const listed = (): readonly string[] => (namesIn('/proc') ?? []).filter((name) => /^\d+$/.test(name));

const namesIn = (folder: string): readonly string[] | null => {
  try {
    return readdirSync(folder);
  } catch {
    return null; // another system, or the process has just ended
  }
};

const fileOf = (pid: number, name: string): string | null => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return null; // it has just ended
  }
};

/** The second field after the name, which may hold anything. */
function parentOf(pid: number): number | null {
  const stat = fileOf(pid, 'stat');
  return stat === null ? null : Number(stat.split(') ').at(-1)?.split(' ')[1]);
}

/** Resident memory; pages that processes share are counted in each. */
export function residentBytes(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) bytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(fileOf(pid, 'status') ?? '')?.[1] ?? 0) * 1024;
  return bytes;
}

/** Files, sockets and the like that are open. */
export const descriptors = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (namesIn(`/proc/${pid}/fd`)?.length ?? 0), 0);

export const threads = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (namesIn(`/proc/${pid}/task`)?.length ?? 0), 0);

/** The sum of the peaks since `forgetPeaks`, which need not have been at the same moment. */
export const peakBytes = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (peakResidentBytes(pid) ?? 0), 0);
export const forgetPeaks = (pids: readonly number[]): void => pids.forEach(forgetPeak);

/** Processor time of all of them so far, in ms; that of processes that have ended is not in it. Null where the system does not say. */
export const processorMs = (pids: readonly number[]): number | null => cpuTime(pids)?.totalMs ?? null;
