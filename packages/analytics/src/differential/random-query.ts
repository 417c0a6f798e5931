/**
 * Random queries over the tables of `data-tables.ts`: valid DuckDB SQL whose result, as a multiset of rows,
 * depends on the data alone. Where an order decides (LIMIT, row_number), it is total up to equal rows.
 */
import {
  createQueryMaker,
  type CteSource,
  type Grammar,
  type MadeQuery,
  type NamedColumn,
  type QueryMaker,
  type QueryRequest,
} from './query-maker.ts';
import { randomPredicate } from './random-predicate.ts';
import { randomSelect, type MadeSelect } from './random-select.ts';
import { randomSubqueryPredicate } from './random-subquery.ts';
import { printQuery } from './sql-printer.ts';
import { outputNames, queryOf, type Body, type Family, type OrderKey, type Query } from './sql-tree.ts';

export interface RandomQuery {
  readonly seed: number;
  readonly sql: string;
  readonly tree: Query;
  /** What occurs in it: `join:LEFT`, `subquery:NOT in`, `window:ranking`. */
  readonly features: readonly string[];
}

const MAX_ROWS = 20_000;

const grammar: Grammar = { predicate: randomPredicate, subqueryPredicate: randomSubqueryPredicate, query: makeQuery };

export function randomQuery(seed: number): RandomQuery {
  const maker = createQueryMaker(seed, grammar);
  const ctes = maker.dice.chance(0.22) ? makeCtes(maker) : [];
  const made = makeQuery(maker, { families: null, outer: [], maxRows: MAX_ROWS, top: true });
  const tree: Query = { ...made.query, ctes: ctes.map((source) => source.cte) };
  return { seed, sql: printQuery(tree), tree, features: [...maker.features].toSorted() };
}

function makeCtes(maker: QueryMaker): readonly CteSource[] {
  const count = maker.dice.weighted([[3, 1], [1, 2]] as const);
  for (let index = 0; index < count; index++) {
    const made = maker.dice.chance(0.08) ? recursion(maker) : makeQuery(maker, { families: null, outer: [], maxRows: 2000, top: false });
    const materialized = maker.dice.weighted([[5, null], [2, true], [1, false]] as const);
    maker.feature(`cte:${materialized === null ? 'free' : materialized ? 'materialized' : 'inlined'}`);
    maker.ctes.push({
      cte: { name: `cte${index}`, query: made.query, materialized: made.query.body.kind === 'recursion' ? null : materialized },
      columns: made.columns,
      rows: made.rows,
    });
  }
  return [...maker.ctes];
}

function recursion(maker: QueryMaker): MadeQuery {
  maker.feature('cte:recursive');
  const query = queryOf({ kind: 'recursion', steps: maker.dice.int(1, 12), all: maker.dice.chance(0.6) });
  return { query, columns: namedColumns(query.body, ['integer', 'integer']), rows: 12 };
}

const namedColumns = (body: Body, families: readonly Family[]): readonly NamedColumn[] =>
  outputNames(body).map((name, index) => ({ name, family: families[index] as Family }));

function makeQuery(maker: QueryMaker, request: QueryRequest): MadeQuery {
  const { dice } = maker;
  const limited = request.outer.length === 0 && dice.chance(request.top ? 0.12 : 0.08);
  const setOperation = dice.chance(0.1) && maker.spend();
  const exact = { ...request, top: request.top && !limited && !setOperation };
  const made = setOperation ? makeSetOperation(maker, exact) : randomSelect(maker, exact);
  const ordered = limited || (request.top && dice.chance(0.2));
  const query: Query = {
    kind: 'query',
    ctes: [],
    body: made.body,
    order: ordered ? randomOrder(maker, outputNames(made.body).length) : [],
    limit: limited ? randomLimit(maker, request.top) : null,
  };
  if (request.top && ordered && !limited) maker.feature('order by');
  return { query, columns: namedColumns(made.body, made.families), rows: made.rows };
}

function makeSetOperation(maker: QueryMaker, request: QueryRequest): Omit<MadeSelect, 'body'> & { readonly body: Body } {
  const { dice } = maker;
  const half = { ...request, maxRows: Math.min(request.maxRows, 5000), top: false };
  const left = setOperand(maker, half);
  const right = setOperand(maker, { ...half, families: left.families });
  const operator = dice.weighted([[4, 'UNION'], [2, 'EXCEPT'], [2, 'INTERSECT']] as const);
  const all = dice.chance(0.5);
  maker.feature(`set:${operator}${all ? ' ALL' : ''}`);
  const body: Body = { kind: 'set', operator, all, left: left.body, right: right.body };
  if (!dice.chance(0.2)) return { body, families: left.families, rows: left.rows + right.rows };
  const third = setOperand(maker, { ...half, families: left.families });
  const outer: Body = { kind: 'set', operator: 'UNION', all: dice.chance(0.7), left: body, right: third.body };
  return { body: outer, families: left.families, rows: left.rows + right.rows + third.rows };
}

/** Within a set operation there is no ORDER BY to say which row DISTINCT ON keeps. */
function setOperand(maker: QueryMaker, request: QueryRequest): MadeSelect {
  const made = randomSelect(maker, request);
  return made.body.distinct === 'first' ? { ...made, body: { ...made.body, distinct: 'all' } } : made;
}

function randomOrder(maker: QueryMaker, width: number): readonly OrderKey[] {
  const { dice } = maker;
  const columns = dice.some(Array.from({ length: width }, (_, index) => index), dice.int(1, width));
  return columns.map((column) => ({ column, descending: dice.chance(0.5), nulls: dice.pick([null, 'FIRST', 'LAST'] as const) }));
}

function randomLimit(maker: QueryMaker, top: boolean): string {
  const { dice } = maker;
  maker.feature('limit');
  if (top && dice.chance(0.08)) return `LIMIT ${dice.int(1, 99)}%`;
  const offset = dice.chance(0.3) ? ` OFFSET ${dice.int(0, 20)}` : '';
  return dice.chance(0.05) ? `OFFSET ${dice.int(0, 20)}` : `LIMIT ${dice.weighted([[1, 0], [9, dice.int(1, 40)]] as const)}${offset}`;
}
