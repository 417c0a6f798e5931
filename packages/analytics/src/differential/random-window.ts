/** Random window expressions. Whatever depends on the order of rows is ordered by every column in sight. */
import { columnsOf, type QueryMaker, type Scope } from './query-maker.ts';
import { randomScalar } from './random-scalar.ts';
import { atomic, joined, sql, template, type Expression, type Family, type Piece } from './sql-tree.ts';

/** More columns than these and a total order is not worth its text. */
export const MAX_WINDOW_COLUMNS = 14;

const FRAMES = [
  '', '', ' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', ' ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING',
  ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW', ' GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
] as const;

/** A function's name and what follows its first argument. */
const NAVIGATION = [
  ['lag', ''], ['lead', ', 2'], ['first_value', ''], ['last_value', ''], ['nth_value', ', 2'], ['lag', ' IGNORE NULLS'],
] as const;

/**
 * A window expression. Only one of a select may be `numbering` its rows: between equal rows two orders could
 * each choose another one.
 */
export function randomWindow(maker: QueryMaker, scope: Scope, numbering: boolean): Expression {
  const { dice } = maker;
  const often = numbering ? 1 : 0;
  const kind = dice.weighted([
    [3 * often, 'ranking'], [3 * often, 'aggregate'], [2, 'peers'], [2 * often, 'navigation'], [1, 'range'],
  ] as const);
  maker.feature(`window:${kind}`);
  switch (kind) {
    case 'ranking': {
      const call = dice.pick(['row_number()', 'rank()', 'dense_rank()', 'ntile(3)']);
      return over(maker, scope, 'integer', [call], totalOrder(maker, scope), '');
    }
    case 'aggregate':
      return over(maker, scope, 'integer', aggregateCall(maker, scope), totalOrder(maker, scope), dice.pick(FRAMES));
    case 'peers': {
      const order = dice.chance(0.5) ? [] : [randomScalar(maker, scope, 'integer', 1)];
      return over(maker, scope, 'integer', aggregateCall(maker, scope), order, '');
    }
    case 'navigation': {
      const family = dice.pick(['integer', 'text', 'date'] as const);
      const value = randomScalar(maker, scope, family, 1);
      const [name, end] = dice.pick(NAVIGATION);
      return over(maker, scope, family, [`${name}(`, value, `${end})`], totalOrder(maker, scope), '');
    }
    case 'range': {
      const order = columnsOf(scope, 'integer');
      const key: readonly Piece[] = order.length === 0 ? ['1'] : ['(', dice.pick(order), '::HUGEINT)'];
      const call = aggregateCall(maker, scope);
      return over(maker, scope, 'integer', call, [template('integer', key)], ' RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING');
    }
  }
}

/** `row_number() OVER (…) <= 2`, for QUALIFY. */
export function randomQualify(maker: QueryMaker, scope: Scope): Expression {
  maker.feature('qualify');
  const number = over(maker, scope, 'integer', ['row_number()'], totalOrder(maker, scope), '');
  return sql('boolean')`(${number} <= ${String(maker.dice.int(1, 3))})`;
}

function aggregateCall(maker: QueryMaker, scope: Scope): readonly Piece[] {
  const name = maker.dice.pick(['sum', 'min', 'max', 'count', 'count(*)'] as const);
  if (name === 'count(*)') return [name];
  const filter = maker.dice.chance(0.15) ? [' FILTER (WHERE ', maker.grammar.predicate(maker, scope, 0, false), ')'] : [];
  return [`${name}(`, randomScalar(maker, scope, 'integer', 1), ')', ...filter];
}

function totalOrder(maker: QueryMaker, scope: Scope): readonly Piece[] {
  const columns = maker.dice.some(scope.columns, scope.columns.length);
  return columns.map((column) => template(column.family, [column, maker.dice.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])]));
}

function over(maker: QueryMaker, scope: Scope, family: Family, call: readonly Piece[], order: readonly Piece[], frame: string): Expression {
  const parts = maker.dice.chance(0.6) ? maker.dice.some(scope.columns, maker.dice.int(1, 2)) : [];
  const partition: readonly Piece[] = parts.length === 0 ? [] : ['PARTITION BY ', ...joined(parts, ', '), ' '];
  const ordering: readonly Piece[] = order.length === 0 ? [] : ['ORDER BY ', ...joined(order, ', ')];
  return atomic(template(family, [...call, ' OVER (', ...partition, ...ordering, order.length === 0 ? '' : frame, ')']));
}
