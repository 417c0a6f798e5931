/** Random predicates with subqueries: EXISTS, IN, ANY, ALL and scalar ones, correlated and not. */
import type { MadeQuery, QueryMaker, Scope } from './query-maker.ts';
import { familyInScope, randomScalar } from './random-scalar.ts';
import { sql, type Expression, type Family, type Query } from './sql-tree.ts';

const COMPARISONS = ['=', '<', '<=', '>', '>=', '<>'] as const;
const MAX_INNER_ROWS = 400;

export function randomSubqueryPredicate(maker: QueryMaker, scope: Scope): Expression {
  const { dice } = maker;
  const kind = dice.weighted([[5, 'exists'], [6, 'in'], [3, 'quantified'], [5, 'scalar'], [1, 'row in']] as const);
  const family = familyInScope(maker, scope);
  const value = randomScalar(maker, scope, family, 1);
  const not = dice.chance(0.4) ? 'NOT ' : '';
  maker.feature(kind === 'quantified' || kind === 'scalar' ? `subquery:${kind}` : `subquery:${not}${kind}`);
  switch (kind) {
    case 'exists':
      return sql('boolean')`(${not}EXISTS ${inner(maker, scope, null)})`;
    case 'in':
      return sql('boolean')`(${value} ${not}IN ${inner(maker, scope, [family])})`;
    // DuckDB refuses a correlated one.
    case 'row in': {
      const second = randomScalar(maker, scope, 'integer', 1);
      return sql('boolean')`((${value}, ${second}) ${not}IN ${inner(maker, { columns: [], outer: [] }, [family, 'integer'])})`;
    }
    case 'quantified':
      return sql('boolean')`(${value} ${dice.pick(COMPARISONS)} ${dice.pick(['ANY', 'ALL'])} ${inner(maker, scope, [family])})`;
    case 'scalar':
      return sql('boolean')`(${value} ${dice.pick(COMPARISONS)} ${scalarSubquery(maker, scope, family)})`;
  }
}

function inner(maker: QueryMaker, scope: Scope, families: readonly Family[] | null): Query {
  return made(maker, scope, families).query;
}

function made(maker: QueryMaker, scope: Scope, families: readonly Family[] | null): MadeQuery {
  const correlated = scope.columns.length > 0 && maker.dice.chance(0.5);
  const outer = correlated ? scope.columns.slice(0, 12) : [];
  return maker.grammar.query(maker, { families, outer, maxRows: MAX_INNER_ROWS, top: false });
}

/** A query with exactly one row: an aggregate without groups over a random query. */
export function scalarSubquery(maker: QueryMaker, scope: Scope, family: Family): Query {
  maker.feature('subquery:scalar');
  const { query, columns } = made(maker, scope, [family]);
  const alias = maker.alias();
  const column = { kind: 'column', family, alias, name: columns[0]?.name ?? 'c0' } as const;
  const aggregate = sql(family)`${maker.dice.pick(['min', 'max'])}(${column})`;
  return {
    kind: 'query',
    ctes: [],
    body: {
      kind: 'select', distinct: null, items: [{ name: 'c0', expression: aggregate }],
      from: { kind: 'derived', query, alias, lateral: false }, where: [], grouping: null, having: [], qualify: [],
    },
    order: [],
    limit: null,
  };
}

