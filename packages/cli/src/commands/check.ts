/** `pappus check`: the checker alone, no server. Declarations are believed. */
import { compile, LineTable, renderDiagnostics, type Diagnostic } from '@pappus/composition';
import { AppError } from '@pappus/core';
import { printFailure } from '../failure.ts';
import { plural } from '../output/units.ts';
import { readText } from '../piped-input.ts';
import type { CommandContext } from '../program.ts';

export interface CheckFlags {
  readonly json?: boolean;
}

interface Checked {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly compositions: readonly string[];
}

export async function check({ out, err, signal }: CommandContext, files: readonly string[], { json }: CheckFlags): Promise<void> {
  const settled = await Promise.allSettled(files.map((file) => checkFile(file, signal)));
  signal.throwIfAborted();
  const checked = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const unreadable = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (unreadable.length === files.length) throw unreadable[0];
  if (json === true) out.write(`${JSON.stringify(checked.map(record))}\n`);
  else for (const one of checked) out.write(report(one));
  for (const thrown of unreadable) printFailure(err, thrown, json === true);
  const errors = checked.map(errorCount).filter((count) => count > 0);
  const total = errors.reduce((sum, count) => sum + count, 0);
  const more = checked.some(({ diagnostics }) => diagnostics.some(({ code }) => code === 'too-many-diagnostics')) ? ' and more' : '';
  if (total > 0) throw new AppError('corrupt-data', `${plural(total, 'error')}${more} in ${files.length === 1 ? files[0] : `${errors.length} of ${plural(files.length, 'file')}`}`);
  if (unreadable.length > 0) throw new AppError('not-found', `${unreadable.length} of ${plural(files.length, 'file')} cannot be read`);
}

const errorCount = ({ diagnostics }: Checked): number => diagnostics.filter(({ severity }) => severity === 'error').length;

async function checkFile(file: string, signal: AbortSignal): Promise<Checked> {
  const source = await readText(file, signal);
  const { checked, diagnostics } = compile(source);
  return { file: file === '-' ? '<stdin>' : file, text: source, diagnostics, compositions: [...(checked?.graphs.keys() ?? [])] };
}

function report({ file, text: source, diagnostics, compositions }: Checked): string {
  const rendered = renderDiagnostics(diagnostics, { name: file, text: source });
  if (errorCount({ file, text: source, diagnostics, compositions }) > 0) return `${rendered}\n`;
  return `${rendered}${file}: ok, ${compositions.length === 0 ? 'no composition' : compositions.join(', ')}\n`;
}

function record({ file, text: source, diagnostics, compositions }: Checked): unknown {
  const lines = new LineTable(source);
  const at = (offset: number): { readonly line: number; readonly column: number } => lines.position(offset);
  return {
    file,
    compositions,
    diagnostics: diagnostics.map(({ severity, code, message, hint, span, related }) => ({
      severity,
      code,
      message,
      ...at(span.start),
      endLine: at(span.end).line,
      endColumn: at(span.end).column,
      hint,
      related: related === null ? null : { ...at(related.span.start), message: related.message },
    })),
  };
}
