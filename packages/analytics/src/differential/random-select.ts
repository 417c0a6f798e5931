/** Random SELECTs: plain ones, with windows, and grouped ones. */
import { isSummable, randomAggregate } from './random-aggregate.ts';
import { randomConjuncts } from './random-predicate.ts';
import { randomSource } from './random-relation.ts';
import { familyInScope, randomScalar } from './random-scalar.ts';
import { scalarSubquery } from './random-subquery.ts';
import { MAX_WINDOW_COLUMNS, randomQualify, randomWindow } from './random-window.ts';
import { scopeOf, type QueryMaker, type QueryRequest, type Scope } from './query-maker.ts';
import { emptySelect, sql, type Column, type Expression, type Family, type Grouping, type Item, type Select } from './sql-tree.ts';

export interface MadeSelect {
  readonly body: Select;
  readonly families: readonly Family[];
  readonly rows: number;
}

const MAX_GROUPS = 500;

export function randomSelect(maker: QueryMaker, request: QueryRequest): MadeSelect {
  const source = randomSource(maker, request);
  const scope = scopeOf(source.columns, request.outer);
  const filters = [...correlation(maker, scope), ...randomConjuncts(maker, scope, true)];
  const base: Select = { ...emptySelect, from: source.relation, where: filters };
  const grouped = maker.dice.chance(0.42);
  const made = grouped ? groupedSelect(maker, base, scope, request) : plainSelect(maker, base, scope, request);
  return { ...made, rows: grouped ? Math.min(source.rows, MAX_GROUPS) : source.rows };
}

/** A subquery that may read outer columns compares one of them with its own at least once. */
function correlation(maker: QueryMaker, scope: Scope): readonly Expression[] {
  const { dice } = maker;
  const pairs = scope.outer.flatMap((outer) =>
    scope.columns.filter((column) => column.family === outer.family).map((column): readonly [Column, Column] => [column, outer]),
  );
  if (pairs.length === 0) return [];
  maker.feature('correlated');
  return dice.some(pairs, dice.weighted([[4, 1], [1, 2]] as const)).map(([column, outer], index) => {
    const operator = index === 0 && dice.chance(0.8) ? '=' : dice.pick(['<', '<>', '>=', '=']);
    return sql('boolean')`(${column} ${operator} ${outer})`;
  });
}

type Made = Omit<MadeSelect, 'rows'>;

function plainSelect(maker: QueryMaker, base: Select, scope: Scope, request: QueryRequest): Made {
  const { dice } = maker;
  const windows = request.outer.length === 0 && scope.columns.length <= MAX_WINDOW_COLUMNS;
  const wanted = request.families ?? Array.from({ length: dice.int(1, 5) }, () => familyInScope(maker, scope));
  const qualify = windows && dice.chance(0.04) ? [randomQualify(maker, scope)] : [];
  let numbering = qualify.length === 0;
  const expressions = wanted.map((family): Expression => {
    if (windows && dice.chance(0.1)) {
      const window = randomWindow(maker, scope, numbering);
      numbering = false;
      if (request.families === null || window.family === family) return window;
    }
    if (dice.chance(0.03) && maker.spend()) return sql(family)`${scalarSubquery(maker, scope, family)}`;
    return randomScalar(maker, scope, family, 2);
  });
  const distinct = dice.weighted([[85, null], [12, 'all'], [2, 'first']] as const);
  if (distinct !== null) maker.feature(`distinct:${distinct}`);
  return { body: { ...base, items: named(maker, expressions), qualify, distinct }, families: familiesOf(expressions) };
}

function groupedSelect(maker: QueryMaker, base: Select, scope: Scope, request: QueryRequest): Made {
  const { dice } = maker;
  const own = scopeOf(scope.columns);
  const grouping = randomGrouping(maker, own);
  const families = request.families;
  const expressions =
    families === null
      ? freeItems(maker, own, grouping, request.top)
      : families.map((family) => item(maker, own, grouping, family));
  const having = dice.chance(0.2) ? [randomHaving(maker, own)] : [];
  const distinct = dice.chance(0.04) && !request.top ? 'all' : null;
  const body: Select = { ...base, items: named(maker, expressions), grouping, having, distinct };
  return { body, families: familiesOf(expressions) };
}

/** Grouped by columns and expressions, never by constants: DuckDB takes a number there for a position. */
function randomGrouping(maker: QueryMaker, scope: Scope): Grouping | null {
  const { dice } = maker;
  const count = dice.weighted([[2, 0], [5, 1], [4, 2], [1, 3]] as const);
  const columns = dice.some(scope.columns, count);
  if (columns.length === 0) return null;
  const keys = columns.map((column): Expression => (dice.chance(0.25) ? keyExpression(maker, column) : column));
  const mode = dice.weighted([[12, 'plain'], [1, 'rollup'], [1, 'cube'], [2, 'sets']] as const);
  maker.feature(`grouping:${mode}`);
  const all = keys.map((_, index) => index);
  const sets = [all, ...Array.from({ length: dice.int(1, 3) }, () => dice.some(all, dice.int(0, keys.length)))];
  return { keys, mode, sets };
}

function keyExpression(maker: QueryMaker, column: Column): Expression {
  maker.feature('grouping:expression');
  switch (column.family) {
    case 'integer':
      return sql('integer')`(${column} % 3)`;
    case 'text':
      return sql('text')`left(${column}, 1)`;
    case 'date':
      return sql('integer')`month(${column})`;
    case 'decimal':
      return sql('boolean')`(${column} > 100)`;
    default:
      return sql('boolean')`(${column} IS NULL)`;
  }
}

const keyItems = (grouping: Grouping | null): readonly Expression[] =>
  (grouping?.keys ?? []).map((key, index): Expression => ({ kind: 'key', family: key.family, index }));

function freeItems(maker: QueryMaker, scope: Scope, grouping: Grouping | null, top: boolean): readonly Expression[] {
  const { dice } = maker;
  const keys = keyItems(grouping).filter(() => dice.chance(0.9));
  const sets = grouping !== null && grouping.mode !== 'plain';
  const marks = sets ? keyItems(grouping).slice(0, 1).map((key): Expression => sql('integer')`grouping(${key})`) : [];
  const least = keys.length + marks.length === 0 ? 1 : 0;
  const aggregates = Array.from({ length: dice.int(least, 3) }, () => aggregateItem(maker, scope, top));
  return [...keys, ...marks, ...aggregates];
}

function aggregateItem(maker: QueryMaker, scope: Scope, top: boolean): Expression {
  const aggregate = randomAggregate(maker, scope, top);
  if (!isSummable(aggregate.family) || !maker.dice.chance(0.1)) return aggregate;
  maker.feature('aggregate:expression');
  return sql(aggregate.family)`coalesce(${aggregate} + 1, 0)`;
}

/** A key or an aggregate of the family that is asked for. */
function item(maker: QueryMaker, scope: Scope, grouping: Grouping | null, family: Family): Expression {
  const key = keyItems(grouping).find((one) => one.family === family);
  if (key !== undefined && maker.dice.chance(0.7)) return key;
  for (let attempt = 0; attempt < 5; attempt++) {
    const aggregate = randomAggregate(maker, scope, false);
    if (aggregate.family === family) return aggregate;
  }
  return sql(family)`max(${randomScalar(maker, scope, family, 1)})`;
}

function randomHaving(maker: QueryMaker, scope: Scope): Expression {
  const { dice } = maker;
  maker.feature('having');
  if (dice.chance(0.5)) return sql('boolean')`(count(*) ${dice.pick(['>', '<=', '='])} ${String(dice.int(0, 6))})`;
  return sql('boolean')`(max(${randomScalar(maker, scope, 'integer', 1)}) ${dice.pick(['>', '<', '<>'])} ${String(dice.int(-5, 20))})`;
}

const familiesOf = (expressions: readonly Expression[]): readonly Family[] => expressions.map((expression) => expression.family);

function named(maker: QueryMaker, expressions: readonly Expression[]): readonly Item[] {
  return expressions.map((expression, index) => ({ name: maker.dice.chance(0.04) ? `Col ${index}` : `c${index}`, expression }));
}
