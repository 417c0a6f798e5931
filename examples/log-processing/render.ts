/** The logs of all servers to one report: how many lines of each level, and the errors. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['logs'];
export const outputs = ['report'];

export default function ({ logs }: Inputs<'logs'>): Outputs<'report'> {
  const lines = logs.flatMap((log) => bodyOf(log.text()).map((line) => ({ server: log.name, line })));
  const levels = new Map<string, number>();
  for (const { line } of lines) {
    const level = line.split(' ')[1] ?? '?';
    levels.set(level, (levels.get(level) ?? 0) + 1);
  }
  const totals = [...levels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([level, count]) => `${level} ${count}`);
  const errors = lines.filter(({ line }) => line.includes(' ERROR ')).map(({ server, line }) => `${server}: ${line}`).sort();
  return { report: { 'report.txt': `${logs.length} servers, ${lines.length} lines: ${totals.join(', ')}\n\n${errors.join('\n')}\n` } };
}

/** The lines behind the headers of a response. */
const bodyOf = (response: string): readonly string[] => response.split(/\r?\n\r?\n/).slice(1).join('\n\n').trimEnd().split('\n');
