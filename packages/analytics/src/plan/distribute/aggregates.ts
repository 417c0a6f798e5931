/**
 * Aggregates on many workers: partial results before the exchange and their merge behind it where the function
 * allows it and it pays; else the rows themselves go to the worker that owns their group.
 */
import { aggregate, columnsOfPlan, distinct, exchange, project, withInputs } from '../build.ts';
import { apply, cast, column, columnsOf, expressionKey, isVolatile, type Expression } from '../expression.ts';
import type { Aggregate, AggregateCall, Plan } from '../node.ts';
import { colocates, hashed, isSpread, projected, SINGLE, type Partitioning } from '../partitioning.ts';
import type { Distributed, Distribution } from './distribution.ts';

const plain = (name: string, args: readonly Expression[], filter: Expression | null, type: string): AggregateCall => ({ name, args, distinct: false, filter, orders: [], type });

/** The partial calls of one aggregate and how their results, found in the given columns, become its result. */
interface Split {
  readonly partial: readonly AggregateCall[];
  readonly merge: readonly AggregateCall[];
  /** Over the merged columns, of which `at(i)` is the i-th of this aggregate. */
  readonly finish: (at: (index: number) => Expression) => Expression;
}

const SAME_MERGE = new Set(['min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor', 'sum', 'sum_no_overflow']);
const NUMBER = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/;
/** Aggregates that give the same result for the same rows in any order. */
const ORDERLESS = new Set([...SAME_MERGE, 'count', 'count_star', 'avg']);

/** How a call is computed in two steps, with `from(i)` reading its i-th partial column; null when it cannot be. */
function split(aggregateCall: AggregateCall): ((from: (index: number) => Expression) => Split) | null {
  const { name, args, filter, type } = aggregateCall;
  if (aggregateCall.distinct || aggregateCall.orders.length > 0 || args.length > 1 || args.some(isVolatile)) return null;
  const [arg] = args;
  if (name === 'count_star' || name === 'count') return (from) => ({
    partial: [aggregateCall],
    merge: [plain('sum', [from(0)], null, 'HUGEINT')],
    finish: (at) => cast(at(0), type),
  });
  if (SAME_MERGE.has(name) && arg !== undefined) return (from) => {
    const mergeName = name === 'sum_no_overflow' ? 'sum' : name;
    return { partial: [aggregateCall], merge: [plain(mergeName, [from(0)], null, type)], finish: (at) => apply('cast', type, ['CAST(', at(0), ` AS ${type})`]) };
  };
  if (name === 'avg' && arg !== undefined && NUMBER.test(arg.type)) return (from) => splitAverage(arg, filter, type, from);
  return null;
}

/** avg = sum / count. DuckDB adds up decimals and integers exactly in both steps; the division is a DOUBLE in either case. */
function splitAverage(arg: Expression, filter: Expression | null, type: string, from: (index: number) => Expression): Split {
  const sumType = sumTypeOf(arg.type);
  return {
    partial: [plain('sum', [arg], filter, sumType), plain('count', [arg], filter, 'BIGINT')],
    merge: [plain('sum', [from(0)], null, sumType), plain('sum', [from(1)], null, 'HUGEINT')],
    finish: (at) => apply('/', type, ['(CAST(', at(0), ' AS DOUBLE) / nullif(', at(1), ', 0))']),
  };
}

function sumTypeOf(type: string): string {
  const decimal = /^DECIMAL\(\d+,(\d+)\)$/.exec(type);
  if (decimal !== null) return `DECIMAL(38,${decimal[1]})`;
  return type === 'FLOAT' || type === 'DOUBLE' ? 'DOUBLE' : 'HUGEINT';
}

export function distributeAggregate(distribution: Distribution, plan: Aggregate): Distributed {
  const below = distribution.visit(plan.input);
  if (below.partitioning.kind === 'replicated') {
    const same = plan.aggregates.every(isExact) && !usesVolatile(plan);
    return { plan: withInputs(plan, [below.plan]), partitioning: same ? below.partitioning : SINGLE };
  }
  if (below.partitioning.kind === 'single') return { plan: withInputs(plan, [below.plan]), partitioning: SINGLE };
  const local = plan.groups.length > 0 && plan.groupingSets === null && colocates(below.partitioning, plan.groups);
  if (local) return { plan: withInputs(plan, [below.plan]), partitioning: groupPartitioning(below.partitioning, plan) };
  return byDistinctValue(distribution, plan, below) ?? inTwoSteps(distribution, plan, below) ?? byGroup(distribution, plan, below);
}

/** The same value for the same rows in any order: sums of floating-point numbers depend on it. */
const isExact = ({ name, args }: AggregateCall): boolean =>
  ORDERLESS.has(name) && !(['sum', 'avg'].includes(name) && args.some((arg) => arg.type === 'FLOAT' || arg.type === 'DOUBLE'));

const usesVolatile = (plan: Aggregate): boolean => [...plan.groups, ...plan.aggregates.flatMap((item) => item.args)].some(isVolatile);

const groupPartitioning = (partitioning: Partitioning, plan: Aggregate): Partitioning => projected(partitioning, plan.groups);

/** The rows themselves go to the worker of their group; to one worker when there are no common groups. */
function byGroup(distribution: Distribution, plan: Aggregate, below: Distributed): Distributed {
  const keys = plan.groups.filter((group) => columnsOf(group).size > 0 && !isVolatile(group));
  if (keys.length === 0 || plan.groupingSets !== null) return { plan: withInputs(plan, [distribution.single(below)]), partitioning: SINGLE };
  const moved = exchange(below.plan, { kind: 'hash', keys }, true);
  return { plan: withInputs(plan, [moved]), partitioning: groupPartitioning(hashed(keys), plan) };
}

function inTwoSteps(distribution: Distribution, plan: Aggregate, below: Distributed): Distributed | null {
  const splits = plan.aggregates.map(split);
  if (plan.groups.some(isVolatile) || !splits.every((item) => item !== null) || repeatsGroupingSet(plan)) return null;
  const [before, after] = [distribution.estimator.estimate(plan.input).rows, distribution.estimator.estimate(plan).rows];
  // Without groups a worker's part is one row, whatever the estimates say.
  const mayGrow = plan.groupingSets === null && plan.groups.length > 0;
  if (mayGrow && after > before * distribution.options.partialMaxFraction) return null;
  const keyCount = plan.groups.length + (plan.groupingSets === null ? 0 : plan.groupingFunctions.length + 1);
  const parts = placeSplits(splits, keyCount);
  const partial = partialAggregate(plan, below.plan, parts);
  return mergePartials(distribution, plan, partial, parts, after);
}

/** `GROUPING SETS ((a), (a))` reports each group twice; merged partial results would count it double instead. */
function repeatsGroupingSet(plan: Aggregate): boolean {
  const sets = (plan.groupingSets ?? []).map((set) => set.toSorted((a, b) => a - b).join());
  return new Set(sets).size < sets.length;
}

/** Gives each split its columns behind the keys, one after the other. */
function placeSplits(splits: readonly ((from: (index: number) => Expression) => Split)[], firstColumn: number): Split[] {
  let next = firstColumn;
  return splits.map((make) => {
    const start = next;
    const counted = make((index) => column(start + index, 'ANY'));
    next += counted.partial.length;
    return make((index) => column(start + index, counted.partial[index]?.type ?? 'ANY'));
  });
}

/** Columns: groups, then with grouping sets which of the groups each row is of and the grouping functions, then partial results. */
function partialAggregate(plan: Aggregate, input: Plan, parts: readonly Split[]): Plan {
  const functions = plan.groupingSets === null ? [] : [plan.groups.map((_, index) => index), ...plan.groupingFunctions];
  const calls = parts.flatMap((part) => part.partial);
  const node = aggregate({ input, groups: plan.groups, groupingSets: plan.groupingSets, groupingFunctions: functions, aggregates: calls });
  if (functions.length === 0) return node;
  const [groupCount, callCount] = [plan.groups.length, calls.length];
  const columns = columnsOfPlan(node);
  return project(node, [...columns.slice(0, groupCount), ...columns.slice(groupCount + callCount), ...columns.slice(groupCount, groupCount + callCount)]);
}

function mergePartials(distribution: Distribution, plan: Aggregate, partial: Plan, parts: readonly Split[], rows: number): Distributed {
  const keyCount = partial.types.length - parts.reduce((sum, part) => sum + part.partial.length, 0);
  const keys = columnsOfPlan(partial).slice(0, keyCount);
  const gathers = keys.length === 0 || rows <= distribution.options.gatherMaxRows;
  const moved = exchange(partial, gathers ? { kind: 'gather' } : { kind: 'hash', keys }, true);
  const merged = aggregate({ input: moved, groups: keys, groupingSets: null, groupingFunctions: [], aggregates: parts.flatMap((part) => part.merge) });
  return { plan: finish(plan, merged, parts, keyCount), partitioning: gathers ? SINGLE : projected(hashed(keys), keys) };
}

/** Brings merged columns into the order of the original node: groups, aggregates, grouping functions. */
function finish(plan: Aggregate, merged: Plan, parts: readonly Split[], keyCount: number): Plan {
  const columns = columnsOfPlan(merged);
  let next = keyCount;
  const results = parts.map((part) => {
    const start = next;
    next += part.merge.length;
    return part.finish((index) => columns[start + index] as Expression);
  });
  return project(merged, [...columns.slice(0, plan.groups.length), ...results, ...columns.slice(plan.groups.length + 1, keyCount)]);
}

const ADDITIVE_DISTINCT = new Set(['count', 'sum', 'min', 'max']);

/**
 * count(DISTINCT x) and its kind over few groups: rows go to the worker of their x, which makes the calls additive.
 * When nothing else is computed, each worker first drops its own repetitions.
 */
function byDistinctValue(distribution: Distribution, plan: Aggregate, below: Distributed): Distributed | null {
  const distinctCalls = plan.aggregates.filter((item) => item.distinct);
  const [first] = distinctCalls;
  const value = first?.args[0];
  if (first === undefined || value === undefined || plan.groupingSets !== null || usesVolatile(plan) || columnsOf(value).size === 0) return null;
  const alike = distinctCalls.every((item) => item.args.length === 1 && item.orders.length === 0 && ADDITIVE_DISTINCT.has(item.name) && expressionKey(item.args[0] as Expression) === expressionKey(value));
  if (!alike || distribution.estimator.estimate(plan).rows > distribution.options.gatherMaxRows || !isSpread(below.partitioning)) return null;
  const splits = plan.aggregates.map((item) => (item.distinct ? splitDistinct(item) : split(item)));
  if (!splits.every((item) => item !== null)) return null;
  const onlyDistinct = plan.aggregates.every((item) => item.distinct && item.filter === null);
  const moved = onlyDistinct ? withoutRepetitions(plan, below.plan, value) : { plan: { ...plan, input: exchange(below.plan, { kind: 'hash', keys: [value] }, true) } };
  const parts = placeSplits(onlyDistinct ? moved.plan.aggregates.map((item) => splitDistinct(item)) : splits, plan.groups.length);
  const partial = partialAggregate(moved.plan, moved.plan.input, parts);
  return mergePartials(distribution, plan, partial, parts, 0);
}

function withoutRepetitions(plan: Aggregate, input: Plan, value: Expression): { readonly plan: Aggregate } {
  const reduced = distinct(project(input, [...plan.groups, value]));
  const valueColumn = column(plan.groups.length, value.type);
  const groups = plan.groups.map((group, index) => column(index, group.type));
  const aggregates = plan.aggregates.map((item) => ({ ...item, args: [valueColumn] }));
  return { plan: aggregate({ input: exchange(reduced, { kind: 'hash', keys: [valueColumn] }, true), groups, groupingSets: null, groupingFunctions: [], aggregates }) };
}

function splitDistinct(aggregateCall: AggregateCall): (from: (index: number) => Expression) => Split {
  const { name, type } = aggregateCall;
  const mergeName = name === 'count' ? 'sum' : name;
  return (from) => ({ partial: [aggregateCall], merge: [plain(mergeName, [from(0)], null, type)], finish: (at) => apply('cast', type, ['CAST(', at(0), ` AS ${type})`]) });
}

