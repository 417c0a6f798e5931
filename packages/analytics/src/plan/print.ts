/**
 * A plan tree as one SELECT statement. Columns are named c0, c1, … at every level; leaves that are not scans
 * are what the worker provides (`Leaves`).
 */
import { assert, unreachable } from '@pappus/core';
import { printExpression, type Expression, type SortKey } from './expression.ts';
import type { Aggregate, AggregateCall, Distinct, Join, Plan } from './node.ts';
import { quoteIdentifier } from '../duckdb/quoting.ts';

export interface Leaves {
  /** The table that holds a scan's rows, under the table's own column names. */
  scan(plan: Extract<Plan, { kind: 'scan' }>): string;
  /** The table that holds an exchange's or shared plan's rows, as c0, c1, … */
  input(plan: Extract<Plan, { kind: 'exchange' | 'shared' }>): string;
  /** SQL of the number of workers and of this worker's number, for `own`. */
  readonly workers: string;
  readonly worker: string;
}

export function printPlan(plan: Plan, leaves: Leaves): string {
  const from = (input: Plan): string => derived(printPlan(input, leaves));
  switch (plan.kind) {
    case 'scan':
      return `SELECT ${named(plan.columns.map(quoteIdentifier))} FROM ${leaves.scan(plan)}`;
    case 'exchange':
    case 'shared':
      return `SELECT ${list(plan.types.length)} FROM ${leaves.input(plan)}`;
    case 'values':
      return printValues(plan);
    case 'filter':
      return `SELECT ${list(plan.types.length)} FROM ${from(plan.input)} WHERE ${plan.predicates.map(over).join(' AND ')}`;
    case 'project':
      return `SELECT ${named(plan.expressions.map(over))} FROM ${from(plan.input)}`;
    case 'own':
      return `SELECT ${list(plan.types.length)} FROM ${from(plan.input)} WHERE ${ownPart(plan.keys, leaves)}`;
    case 'join':
      return printJoin(plan, from(plan.left), from(plan.right));
    case 'aggregate':
      return printAggregate(plan, from(plan.input));
    case 'distinct':
      return printDistinct(plan, from(plan.input));
    case 'sort':
      return `SELECT ${list(plan.types.length)} FROM ${from(plan.input)} ORDER BY ${orderBy(plan.orders)}${limitClause(plan)}`;
    case 'limit':
      return `SELECT ${list(plan.types.length)} FROM ${from(plan.input)}${limitClause(plan)}`;
    case 'set':
      return `SELECT ${list(plan.types.length)} FROM (${printPlan(plan.left, leaves)} ${plan.operation}${plan.all ? ' ALL' : ''} ${printPlan(plan.right, leaves)}) AS t`;
    case 'window':
      return `SELECT ${appended(plan.input, plan.calls.map((call) => call.expression))} FROM ${from(plan.input)}`;
    case 'unnest':
      return `SELECT ${appended(plan.input, plan.expressions)} FROM ${from(plan.input)}`;
    default:
      return unreachable(plan, 'plan node');
  }
}

/** The input's columns, then the expressions. */
const appended = (input: Plan, expressions: readonly Expression[]): string =>
  [list(input.types.length), ...expressions.map((expression, index) => `${over(expression)} AS c${input.types.length + index}`)].join(', ');

const derived = (sql: string): string => `(${sql}) AS t`;

/** SQL of an expression over the columns of the one input. */
export const over = (expression: Expression): string => printExpression(expression, (index) => `c${index}`);

/** `c0, c1, …`; a relation without columns still needs one in SQL. */
const list = (count: number): string => (count === 0 ? 'NULL AS nothing' : Array.from({ length: count }, (_, index) => `c${index}`).join(', '));

const named = (items: readonly string[]): string => (items.length === 0 ? 'NULL AS nothing' : items.map((item, index) => `${item} AS c${index}`).join(', '));

const orderBy = (orders: readonly SortKey[]): string => orders.map((order) => `${over(order.expression)} ${order.direction} ${order.nulls}`).join(', ');

const limitClause = (plan: { readonly limit: number | null; readonly offset: number }): string =>
  `${plan.limit === null ? '' : ` LIMIT ${plan.limit}`}${plan.offset === 0 ? '' : ` OFFSET ${plan.offset}`}`;

/** Which of P workers a row belongs to, by the hash of its keys. Never differs between workers: they run one DuckDB version. */
export const hashWorker = (keys: readonly Expression[], workers: string): string => `(hash(${keys.map(over).join(', ')}) % ${workers})`;

const ownPart = (keys: readonly Expression[], leaves: Leaves): string =>
  keys.length === 0 ? `${leaves.worker} = 0` : `${hashWorker(keys, leaves.workers)} = ${leaves.worker}`;

function printValues(plan: Extract<Plan, { kind: 'values' }>): string {
  const noColumn = (): never => assert(false, 'a constant row reads a column') as never;
  const row = (items: readonly Expression[]): string => `SELECT ${named(items.map((item) => printExpression(item, noColumn)))}`;
  if (plan.rows.length > 0) return plan.rows.map(row).join(' UNION ALL ');
  return `SELECT ${named(plan.types.map((type) => `CAST(NULL AS ${type})`))} WHERE false`;
}

function printJoin(plan: Join, left: string, right: string): string {
  const [leftWidth, rightWidth] = [plan.left.types.length, plan.right.types.length];
  const tables = { left: left.replace(/ AS t$/, ' AS l'), right: right.replace(/ AS t$/, ' AS r') };
  const both = [...columns('l', leftWidth), ...columns('r', rightWidth)];
  switch (plan.type) {
    case 'inner':
    case 'left':
    case 'right':
    case 'full':
      return `SELECT ${named(both)} FROM ${tables.left} ${plan.type.toUpperCase()} JOIN ${tables.right} ON ${joinPredicate(plan)}`;
    case 'semi':
    case 'anti':
      return `SELECT ${named(columns('l', leftWidth))} FROM ${tables.left} ${plan.type.toUpperCase()} JOIN ${tables.right} ON ${joinPredicate(plan)}`;
    case 'mark':
      return `SELECT ${named([...columns('l', leftWidth), markExpression(plan, tables.right)])} FROM ${tables.left}`;
    case 'single':
      return printSingleJoin(plan, tables);
    default:
      return unreachable(plan.type, 'join type');
  }
}

const columns = (table: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${table}.c${index}`);
const onLeft = (expression: Expression): string => printExpression(expression, (index) => `l.c${index}`);
const onRight = (expression: Expression): string => printExpression(expression, (index) => `r.c${index}`);

function residualOf(plan: Join): string[] {
  const width = plan.left.types.length;
  return plan.residual === null ? [] : [printExpression(plan.residual, (index) => (index < width ? `l.c${index}` : `r.c${index - width}`))];
}

const conditionSql = (condition: Join['conditions'][number]): string => `(${onLeft(condition.left)} ${condition.comparison} ${onRight(condition.right)})`;

const joinPredicate = (plan: Join): string => [...plan.conditions.map(conditionSql), ...residualOf(plan)].join(' AND ') || 'true';

/** The three-valued `IN`, `ANY` or `EXISTS` that a mark join computes; null-safe equalities are the correlation. */
function markExpression(plan: Join, right: string): string {
  const compared = plan.conditions.filter((condition) => condition.comparison !== 'IS NOT DISTINCT FROM');
  const correlated = plan.conditions.filter((condition) => condition.comparison === 'IS NOT DISTINCT FROM');
  const where = [...correlated.map(conditionSql), ...residualOf(plan)].join(' AND ') || 'true';
  const [first] = compared;
  if (first === undefined) return `EXISTS (SELECT 1 FROM ${right} WHERE ${where})`;
  const select = `SELECT ${compared.map((condition) => onRight(condition.right)).join(', ')} FROM ${right} WHERE ${where}`;
  if (compared.length === 1) return `(${onLeft(first.left)} ${first.comparison} ANY (${select}))`;
  assert(compared.every((condition) => condition.comparison === '='), 'a row comparison other than =');
  return `((${compared.map((condition) => onLeft(condition.left)).join(', ')}) IN (${select}))`;
}

/** As a scalar subquery that returns a struct, so that DuckDB itself refuses a second partner. */
function printSingleJoin(plan: Join, tables: { readonly left: string; readonly right: string }): string {
  const width = plan.left.types.length;
  const fields = columns('r', plan.right.types.length).map((column, index) => `'f${index}': ${column}`);
  const scalar = `(SELECT {${fields.join(', ')}} FROM ${tables.right} WHERE ${joinPredicate(plan)})`;
  const inner = `SELECT ${[...columns('l', width).map((column, index) => `${column} AS c${index}`), `${scalar} AS partner`].join(', ')} FROM ${tables.left}`;
  const outer = [...columns('s', width), ...fields.map((_, index) => `s.partner.f${index}`)];
  return `SELECT ${named(outer)} FROM (${inner}) AS s`;
}

function printAggregate(plan: Aggregate, input: string): string {
  const groups = plan.groups.map(over);
  const functions = plan.groupingFunctions.map((positions) => `grouping(${positions.map((position) => groups[position]).join(', ')})`);
  const select = named([...groups, ...plan.aggregates.map(printCall), ...functions]);
  return `SELECT ${select} FROM ${input}${groupBy(plan, groups)}`;
}

function groupBy(plan: Aggregate, groups: readonly string[]): string {
  if (plan.groupingSets !== null) {
    const sets = plan.groupingSets.map((set) => `(${set.map((position) => groups[position]).join(', ')})`);
    return ` GROUP BY GROUPING SETS (${sets.join(', ')})`;
  }
  // By position: a constant group expression would be taken for a position itself.
  return groups.length === 0 ? '' : ` GROUP BY ${groups.map((_, index) => index + 1).join(', ')}`;
}

function printCall(call: AggregateCall): string {
  const filter = call.filter === null ? '' : ` FILTER (WHERE ${over(call.filter)})`;
  if (call.name === 'count_star') return `count(*)${filter}`;
  const orders = call.orders.length === 0 ? '' : ` ORDER BY ${orderBy(call.orders)}`;
  const args = `${call.distinct ? 'DISTINCT ' : ''}${call.args.map(over).join(', ')}${orders}`;
  // The optimiser's own variant of sum cannot be called; sum may come back wider.
  if (call.name === 'sum_no_overflow') return `CAST(sum(${args})${filter} AS ${call.type})`;
  return `${quoteIdentifier(call.name)}(${args})${filter}`;
}

function printDistinct(plan: Distinct, input: string): string {
  if (plan.on === null) return `SELECT DISTINCT ${list(plan.types.length)} FROM ${input}`;
  const orders = plan.orders.length === 0 ? '' : ` ORDER BY ${orderBy(plan.orders)}`;
  return `SELECT DISTINCT ON (${plan.on.map(over).join(', ')}) ${list(plan.types.length)} FROM ${input}${orders}`;
}
