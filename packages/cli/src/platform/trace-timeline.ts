/**
 * A trace as text: the tree of compositions and applications (trace-tree.ts), one line for each run, a bar where it was,
 * its phases in µs.
 *
 *     ├ split → words      ▏·▒███▓          ▏ queue 12  fetch 0  sandbox 1  compute 40  store 2 µs
 *     └ count → counts #0  ▏      ▒██       ▏ queue 3  fetch 0  sandbox 1  compute 20  store 1 µs
 *                      #1  ▏        ▒██     ▏ queue 5  fetch 0  sandbox 1  compute 21  store 1 µs
 */
import { styleText } from 'node:util';
import type { Trace, TraceSpan } from '@pappus/api';
import { printableLines } from '../output/printable.ts';
import { formatBytes, formatCount } from '../output/units.ts';
import { MAX_DRAWN_SPANS } from './limits.ts';
import { traceTree } from './trace-tree.ts';

interface Phase {
  readonly name: string;
  readonly mark: string;
  readonly colour: 'gray' | 'blue' | 'magenta' | 'green' | 'yellow';
  readonly us: (span: TraceSpan) => number;
}

const PHASES: readonly Phase[] = [
  { name: 'queue', mark: '·', colour: 'gray', us: (span) => span.queueUs },
  { name: 'fetch', mark: '░', colour: 'blue', us: (span) => span.fetchUs },
  { name: 'sandbox', mark: '▒', colour: 'magenta', us: (span) => span.sandboxUs },
  { name: 'compute', mark: '█', colour: 'green', us: (span) => span.computeUs },
  { name: 'store', mark: '▓', colour: 'yellow', us: (span) => span.storeUs },
];

const BAR_CHARS = 40;

export function traceTimeline(trace: Trace, stream: NodeJS.WriteStream): string {
  const { invocation, name, hash, durationUs, outcome, spans } = trace;
  const drawn = [...spans].sort((a, b) => a.startedUs - b.startedUs).slice(0, MAX_DRAWN_SPANS);
  const scaleUs = Math.max(durationUs, ...drawn.map((span) => span.startedUs + lengthUs(span)), 1);
  const rows = traceTree(drawn);
  const width = Math.max(0, ...rows.map(({ label }) => label.length));
  const head = `${name}@${hash.slice(0, 12)}  ${invocation}  ${outcome} in ${us(durationUs)}  body in ${formatBytes(trace.inputBytes)}, items out ${formatBytes(trace.outputBytes)}`;
  const legend = PHASES.map(({ name: phase, mark, colour }) => `${styleText(colour, mark, { stream })} ${phase}`).join('  ');
  const lines = rows.map(({ label, span }) => (span === null ? label : `${label.padEnd(width)} ▏${bar(span, scaleUs, stream)}▏ ${figures(span)}`));
  const hidden = spans.length - drawn.length + trace.droppedSpans;
  return [
    styleText('bold', head, { stream }),
    ...(trace.problem === null ? [] : [styleText('red', printableLines(trace.problem.detail), { stream })]),
    legend,
    ...lines,
    ...(hidden > 0 ? [`… ${formatCount(hidden)} more runs`] : []),
    ...(drawn.length > 1 ? [`${'sum'.padEnd(width)}  ${' '.repeat(BAR_CHARS)}  ${PHASES.map(({ name: phase, us: of }) => `${phase} ${Math.round(drawn.reduce((sum, span) => sum + of(span), 0))}`).join('  ')} µs`] : []),
    '',
  ].join('\n');
}

const lengthUs = (span: TraceSpan): number => PHASES.reduce((sum, phase) => sum + phase.us(span), 0);

/** Each cell shows the phase that had most of it, and a run is never invisible. */
function bar(span: TraceSpan, scaleUs: number, stream: NodeJS.WriteStream): string {
  const cellUs = scaleUs / BAR_CHARS;
  const first = Math.min(BAR_CHARS - 1, Math.floor(span.startedUs / cellUs));
  const cells: string[] = Array.from({ length: BAR_CHARS }, () => ' ');
  const last = Math.min(BAR_CHARS, Math.max(first + 1, Math.ceil((span.startedUs + lengthUs(span)) / cellUs)));
  for (let cell = first; cell < last; cell++) {
    const phase = mainPhase(span, cell * cellUs - span.startedUs, (cell + 1) * cellUs - span.startedUs);
    cells[cell] = phase === null ? ' ' : styleText(phase.colour, phase.mark, { stream });
  }
  return cells.join('');
}

function mainPhase(span: TraceSpan, fromUs: number, toUs: number): Phase | null {
  let best: Phase | null = null;
  let most = 0;
  let atUs = 0;
  for (const phase of PHASES) {
    const endUs = atUs + phase.us(span);
    const share = Math.min(endUs, toUs) - Math.max(atUs, fromUs);
    if (share > most) [best, most] = [phase, share];
    atUs = endUs;
  }
  return best;
}

const figures = (span: TraceSpan): string => (span.cached ? 'kept from an earlier run' : `${PHASES.map(({ name, us: of }) => `${name} ${Math.round(of(span))}`).join('  ')} µs`);

const us = (value: number): string => (value < 10_000 ? `${Math.round(value)} µs` : `${(value / 1000).toFixed(1)} ms`);
