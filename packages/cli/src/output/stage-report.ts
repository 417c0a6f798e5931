/** The stages of a plan for people: what each runs, where its rows go, and, after a run, where the time went. */
import { styleText } from 'node:util';
import type { FragmentOutcome, Stage, StagePlan } from '@pappus/analytics';
import { textTable } from './text-table.ts';
import { formatBytes, formatCount, formatMs } from './units.ts';

export function explainText(plan: StagePlan, stream: NodeJS.WriteStream): string {
  const bold = (text: string): string => styleText('bold', text, { stream });
  const lines: string[] = [];
  if (plan.wholeReason !== null) lines.push(`Not distributed: ${plan.wholeReason}. It runs whole on one worker.`, '');
  for (const stage of plan.stages) {
    lines.push(bold(`stage ${stage.id}`) + ` on ${stage.fragments === 1 ? 'one worker' : `${stage.fragments} workers`}${readsText(plan, stage)}`);
    lines.push(`  ${stage.outputs.map((output) => destination(plan, output)).join('; ')}, about ${formatCount(stage.estimatedRows)} rows, ${formatBytes(stage.estimatedBytes)}`);
    lines.push(styleText('dim', indent(stage.sql), { stream }), '');
  }
  return lines.join('\n');
}

function readsText(plan: StagePlan, stage: Stage): string {
  const scans = stage.scans.map((scan) => `${scan.table} (${scan.split ? 'each its own row groups' : 'whole'})`);
  const edges = stage.inputs.map((input) => `stage ${plan.edges.find((edge) => edge.id === input.edge)?.producer ?? '?'}`);
  const reads = [...scans, ...edges];
  return reads.length === 0 ? '' : `, reads ${reads.join(', ')}`;
}

function destination(plan: StagePlan, output: Stage['outputs'][number]): string {
  const consumer = plan.edges.find((edge) => edge.id === output.edge)?.consumer;
  return output.routing === 'result' ? '→ result' : `→ ${output.routing} to stage ${consumer}`;
}

const WRAP_CHARS = 140;

/** The SQL on lines that fit a wide terminal, broken between words. */
function indent(sql: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of sql.split(' ')) {
    if (line !== '' && line.length + word.length >= WRAP_CHARS) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((text) => `    ${text}`).join('\n');
}

const COLUMNS = ['stage', 'workers', 'reads', 'sends', 'rows out', 'bytes out', 'longest', 'compute', 'encode', 'decode', 'wait in', 'wait out', 'peak memory'] as const;

/** One line for each stage of a query that ran; times are sums over the workers but for the longest. */
export function profileTable(plan: StagePlan, reports: readonly FragmentOutcome[]): string {
  const rows = plan.stages.map((stage) => {
    const own = reports.filter((report) => report.stage === stage.id);
    const sum = (pick: (report: FragmentOutcome) => number): number => own.reduce((total, report) => total + pick(report), 0);
    const outputs = own.flatMap((report) => report.stats.outputs);
    const times = (['compute', 'encode', 'decode', 'waitInput', 'waitOutput'] as const).map((key) => formatMs(sum((report) => report.stats.profile[key])));
    return [
      String(stage.id),
      String(own.length),
      [...stage.scans.map((scan) => scan.table), ...stage.inputs.map((input) => `#${plan.edges.find((edge) => edge.id === input.edge)?.producer ?? '?'}`)].join(' '),
      stage.outputs.map((output) => output.routing).join(' '),
      formatCount(outputs.reduce((total, output) => total + output.rows, 0)),
      formatBytes(outputs.reduce((total, output) => total + output.bytes, 0)),
      formatMs(Math.max(0, ...own.map((report) => report.stats.profile.total))),
      ...times,
      formatBytes(Math.max(0, ...own.map((report) => report.peakBytes))),
    ];
  });
  const right = new Set<string>(COLUMNS.slice(4));
  return textTable(COLUMNS.map((name) => ({ name, align: right.has(name) ? 'right' : 'left' })), rows);
}
