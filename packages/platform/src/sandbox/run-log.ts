/** Logs that do not fit whole: their beginnings are kept, and the rest is counted. */
import type { RunLog } from './sandbox.ts';

export const textBytes = ({ stdout, stderr }: RunLog): number => stdout.length + stderr.length;

/** So many bytes of it at most; where both streams are long, half of each. */
export function beginningOf(log: RunLog, bytes: number): RunLog {
  const droppedBytes = textBytes(log) - bytes;
  if (droppedBytes <= 0) return log;
  const half = Math.floor(bytes / 2);
  const stderrBytes = Math.min(log.stderr.length, Math.max(half, bytes - log.stdout.length));
  return { stdout: log.stdout.subarray(0, bytes - stderrBytes), stderr: log.stderr.subarray(0, stderrBytes), droppedBytes: log.droppedBytes + droppedBytes };
}
