/** `pappus tpch generate`. */
import { availableParallelism } from 'node:os';
import { systemClock } from '@pappus/core';
import { generateTpch, type GenerateProgress, type GenerateResult } from '@pappus/tpch';
import { ProgressLine } from '../output/progress-line.ts';
import { textTable } from '../output/text-table.ts';
import { formatBytes, formatCount, formatMs } from '../output/units.ts';
import type { CommandContext } from '../program.ts';

export interface GenerateFlags {
  readonly sf: number;
  readonly out: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export async function tpchGenerate(context: CommandContext, flags: GenerateFlags): Promise<void> {
  const result = await generateWithProgress(context, flags);
  if (flags.json === true) {
    context.out.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const rows = result.tables.map((table) => [table.name, formatCount(table.rows), String(table.files.length), formatBytes(table.bytes)]);
  const right = ['rows', 'files', 'size'].map((name) => ({ name, align: 'right' as const }));
  context.out.write(`${textTable([{ name: 'table', align: 'left' }, ...right], rows)}\n`);
  context.out.write(`${formatMs(result.elapsedMs)}${result.keptFiles > 0 ? `; ${result.keptFiles} files were there already` : ''}\n`);
}

/** Generates what is missing in the folder, with a progress bar. */
export async function generateWithProgress(context: CommandContext, { sf, out, threads }: GenerateFlags): Promise<GenerateResult> {
  const tables = new Map<string, { readonly rows: number; readonly total: number }>();
  let text = 0;
  const line = new ProgressLine(context.err, () => barLine(text, [...tables.values()]));
  try {
    return await generateTpch({
      scaleFactor: sf,
      outDir: out,
      threads: threads ?? availableParallelism(),
      clock: systemClock,
      signal: context.signal,
      onProgress: (event: GenerateProgress) => {
        if (event.kind === 'text') text = event.done / event.total;
        else tables.set(event.table, { rows: event.rows, total: event.totalRows });
      },
    });
  } finally {
    line.stop();
  }
}

const BAR_CHARS = 30;

function barLine(text: number, tables: readonly { readonly rows: number; readonly total: number }[]): string {
  const [rows, total] = tables.reduce(([done, all], table) => [done + table.rows, all + table.total], [0, 0]);
  if (rows === 0) return `TPC-H: preparing the text of comments, ${Math.round(text * 100)} %`;
  const fraction = total === 0 ? 0 : rows / total;
  const filled = Math.round(fraction * BAR_CHARS);
  return `TPC-H ${'█'.repeat(filled)}${'░'.repeat(BAR_CHARS - filled)} ${Math.round(fraction * 100)} % · ${formatCount(rows)} of ${formatCount(total)} rows`;
}
