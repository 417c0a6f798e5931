/**
 * From the sets that an application reads to its runs. Each input, or chain of joined inputs, is one dimension; the runs
 * are the product of the dimensions: first the first `each` input, then chains, then the others as they stand, the last
 * of which changes fastest.
 *
 *   all       one row, the whole set             keyed    a row for each distinct key, in the order of the keys
 *   each      a row for each item, in order      any…     p rows of neighbours: p is the platform's choice
 *   by        a row for each joined key; `cross` in a chain begins a new dimension
 *
 * An empty input that is not optional makes no runs at all; an empty optional one is a single row without items.
 */
import type { Application, JoinStep } from '@pappus/composition';
import { AppError, assert } from '@pappus/core';
import { joinByKey, NO_ITEMS, type Items, type JoinMember, type JoinRow } from './key-join.ts';
import { MAX_RUNS } from './limits.ts';

/** The part of an application that says how its sets become runs. */
export type Bindings = Pick<Application, 'inputs' | 'joins'>;

/** Inputs are meant by their place in `Bindings.inputs`. */
type Shape =
  | { readonly kind: 'all' | 'each' | 'anyEach'; readonly input: number }
  | { readonly kind: 'chain'; readonly any: boolean; readonly steps: readonly ChainStep[] };

interface ChainStep {
  readonly input: number;
  readonly kind: JoinMember['kind'];
}

/** How an application's sets become runs, found once for a plan. */
export interface PartitionShape {
  readonly inputs: number;
  readonly required: readonly number[];
  readonly dimensions: readonly Shape[];
}

export interface Partition {
  readonly runs: number;
  /** What this run gets, by input. */
  inputsOf(run: number): Items[];
}

/** The outermost dimension, which can grow while runs are under way: an optional input has to be seen whole first. */
export const leadingEach = (inputs: Bindings['inputs']): number => inputs.findIndex(({ distribution, optional }) => distribution === 'each' && !optional);

/** Without `leftOut`: that input is somebody else's business. */
export function partitionShape({ inputs, joins }: Bindings, leftOut: number | null = null): PartitionShape {
  const leading = leadingEach(inputs);
  const done = new Set([leftOut, leading, ...joins.map(({ input }) => input)]);
  const dimensions: Shape[] = leading < 0 || leading === leftOut ? [] : [{ kind: 'each', input: leading }];
  dimensions.push(...chainsOf({ inputs, joins }));
  for (const [input, { distribution }] of inputs.entries()) {
    if (done.has(input)) continue;
    if (distribution === 'keyed' || distribution === 'anyKeyed') dimensions.push({ kind: 'chain', any: distribution === 'anyKeyed', steps: [{ input, kind: null }] });
    else dimensions.push({ kind: distribution, input });
  }
  const required = [...inputs.keys()].filter((input) => input !== leftOut && inputs[input]?.optional === false);
  return { inputs: inputs.length, required, dimensions };
}

/** The `by` clause, cut at each `cross`. */
function chainsOf({ inputs, joins }: Bindings): Shape[] {
  const chains: JoinStep[][] = [];
  for (const step of joins) {
    const last = chains.at(-1);
    if (last === undefined || step.kind === null || step.kind === 'cross') chains.push([step]);
    else last.push(step);
  }
  return chains.map((chain) => ({
    kind: 'chain',
    any: chain.every(({ input }) => inputs[input]?.distribution === 'anyKeyed'),
    steps: chain.map(({ input, kind }, index) => ({ input, kind: index === 0 || kind === 'cross' ? null : kind })),
  }));
}

/** `sets` holds the items by input; `parallelism` is how many runs are worth having where that is free. */
export function partition(shape: PartitionShape, sets: readonly Items[], parallelism: number): Partition {
  if (shape.required.some((input) => sets[input]?.length === 0)) return NO_RUNS;
  const dimensions = shape.dimensions.map((dimension) => rowsOf(dimension, sets));
  choosePartitions(dimensions, parallelism);
  const runs = dimensions.reduce((product, { rows }) => product * rows, 1);
  if (runs > MAX_RUNS) throw new AppError('resource-exhausted', `an application would be ${runs} runs, more than ${MAX_RUNS}`);
  return { runs, inputsOf: (run) => fill(dimensions, run, new Array<Items>(shape.inputs).fill(NO_ITEMS)) };
}

const NO_RUNS: Partition = { runs: 0, inputsOf: () => assert(false, 'a run of an application that is skipped') as never };

interface Dimension {
  /** After the choice of the platform, where it has one. */
  rows: number;
  /** Rows could be put together. */
  readonly free: boolean;
  fill(row: number, inputs: Items[]): void;
}

function fill(dimensions: readonly Dimension[], run: number, inputs: Items[]): Items[] {
  let rest = run;
  for (let index = dimensions.length - 1; index >= 0; index--) {
    const dimension = dimensions[index] as Dimension;
    dimension.fill(rest % dimension.rows, inputs);
    rest = Math.floor(rest / dimension.rows);
  }
  return inputs;
}

function rowsOf(shape: Shape, sets: readonly Items[]): Dimension {
  if (shape.kind === 'chain') return chainRows(shape.steps, shape.any, sets);
  const { kind, input } = shape;
  const items = sets[input] ?? NO_ITEMS;
  if (kind === 'each' && items.length > 0) {
    return { rows: items.length, free: false, fill: (row, inputs) => void (inputs[input] = items.slice(row, row + 1)) };
  }
  if (kind === 'anyEach' && items.length > 0) return neighbours(items.length, (from, to, inputs) => void (inputs[input] = items.slice(from, to)));
  return { rows: 1, free: false, fill: (_, inputs) => void (inputs[input] = items) };
}

function chainRows(steps: readonly ChainStep[], any: boolean, sets: readonly Items[]): Dimension {
  const rows = joinByKey(steps.map(({ input, kind }) => ({ items: sets[input] ?? NO_ITEMS, kind })));
  const put = (inputs: Items[], of: (step: number) => Items): void => steps.forEach(({ input }, step) => void (inputs[input] = of(step)));
  if (any && rows.length > 0) {
    return neighbours(rows.length, (from, to, inputs) => {
      const together = rows.slice(from, to);
      put(inputs, (step) => together.flatMap((row) => row[step] ?? NO_ITEMS));
    });
  }
  return { rows: rows.length, free: false, fill: (row, inputs) => put(inputs, (step) => (rows[row] as JoinRow)[step] ?? NO_ITEMS) };
}

/** `count` parts put together into as many rows of about the same size as `rows` says in the end. */
function neighbours(count: number, put: (from: number, to: number, inputs: Items[]) => void): Dimension {
  return {
    rows: count,
    free: true,
    fill(row, inputs) {
      put(Math.floor((row * count) / this.rows), Math.floor(((row + 1) * count) / this.rows), inputs);
    },
  };
}

/** Splits what is free, largest first, until there are about `parallelism` runs. */
function choosePartitions(dimensions: readonly Dimension[], parallelism: number): void {
  const free = dimensions.filter((dimension) => dimension.free).sort((a, b) => b.rows - a.rows);
  if (free.length === 0) return;
  const fixed = dimensions.reduce((product, dimension) => (dimension.free ? product : product * dimension.rows), 1);
  let wanted = Math.ceil(parallelism / Math.max(1, fixed));
  for (const dimension of free) {
    dimension.rows = Math.min(dimension.rows, Math.max(1, wanted));
    wanted = Math.ceil(wanted / dimension.rows);
  }
}
