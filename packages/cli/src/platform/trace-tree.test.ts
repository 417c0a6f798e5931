import type { TraceSpan } from '@pappus/api';
import { expect, it } from 'vitest';
import { traceTree } from './trace-tree.ts';

const span = (application: number, name: string, makes: readonly string[], run = 0): TraceSpan => ({ application, function: name, makes, run, startedUs: 0, queueUs: 0, fetchUs: 0, sandboxUs: 0, computeUs: 0, storeUs: 0, cached: false });
const labels = (...spans: readonly TraceSpan[]): readonly string[] => traceTree(spans).map(({ label }) => label);

it('names applications by what they make, so that two of one function are told apart', () => {
  expect(labels(span(0, 'classify', ['tagged', 'archives']), span(1, 'HTTP', ['fetched'], 0), span(1, 'HTTP', ['fetched'], 1), span(2, 'HTTP', ['status']))).toEqual([
    '├ classify → tagged, archives',
    '├ HTTP → fetched #0',
    '│                #1',
    '└ HTTP → status',
  ]);
});

it('puts the runs of a composition below its name', () => {
  const spans = [span(0, 'split', ['words']), span(0, 'inner/count', ['counts'], 0), span(1, 'inner/deeper/sum', ['total']), span(0, 'inner/count', ['counts'], 1), span(2, 'print', ['out'])];
  expect(labels(...spans)).toEqual([
    '├ split → words',
    '├ inner',
    '│ ├ count → counts #0',
    '│ │                #1',
    '│ └ deeper',
    '│   └ sum → total',
    '└ print → out',
  ]);
  expect(traceTree(spans).filter((row) => row.span !== null)).toHaveLength(spans.length);
});

it('is one line for a function alone', () => {
  expect(labels(span(0, 'thumbnail', ['thumb']))).toEqual(['└ thumbnail → thumb']);
});
