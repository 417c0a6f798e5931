/** Random aggregates whose value does not depend on the order of the rows. */
import { columnsOf, type QueryMaker, type Scope } from './query-maker.ts';
import { randomPredicate } from './random-predicate.ts';
import { familyInScope, randomScalar } from './random-scalar.ts';
import { atomic, sql, type Expression, type Family } from './sql-tree.ts';

const SUMMABLE: readonly Family[] = ['integer', 'decimal', 'double'];

/** The value follows from the key, so that ties do not matter. */
const argMin = (key: Expression): Expression => atomic(sql('integer')`arg_min(${key} % 5, ${key})`);

type Operand = (family: Family) => Expression;

const exactAggregates: readonly (readonly [weight: number, name: string, make: (of: Operand, any: Family) => Expression])[] = [
  [4, 'count(*)', () => sql('integer')`count(*)`],
  [3, 'count', (of, any) => sql('integer')`count(${of(any)})`],
  [3, 'count distinct', (of, any) => sql('integer')`count(DISTINCT ${of(any)})`],
  [3, 'sum integer', (of) => sql('integer')`sum(${of('integer')})`],
  [3, 'sum decimal', (of) => sql('decimal')`sum(${of('decimal')})`],
  [2, 'sum double', (of) => sql('double')`sum(${of('double')})`],
  [1, 'sum distinct', (of) => sql('integer')`sum(DISTINCT ${of('integer')})`],
  [3, 'min', (of, any) => sql(any)`min(${of(any)})`],
  [3, 'max', (of, any) => sql(any)`max(${of(any)})`],
  [1, 'avg floor', (of) => sql('integer')`CAST(floor(avg((${of('integer')}) % 1000003) * 100 + 0.1234567) AS HUGEINT)`],
  [1, 'bool_and', (of) => sql('boolean')`bool_and(${of('boolean')})`],
  [1, 'bool_or', (of) => sql('boolean')`bool_or(${of('boolean')})`],
  [1, 'bit_xor', (of) => sql('integer')`bit_xor(${of('integer')}::BIGINT)`],
  [1, 'count_if', (of) => sql('integer')`count_if(${of('boolean')})`],
  [1, 'quantile_disc', (of) => sql('integer')`quantile_disc(${of('integer')}, 0.4)`],
  [1, 'quantile_disc date', (of) => sql('date')`quantile_disc(${of('date')}, 0.75)`],
  [1, 'string_agg length', (of) => sql('integer')`length(string_agg(${of('text')}, ','))`],
  [1, 'arg_min', (of) => argMin(of('integer'))],
];

const inexactAggregates: readonly (readonly [weight: number, name: string, make: (of: Operand) => Expression])[] = [
  [4, 'avg integer', (of) => sql('double')`avg(${of('integer')})`],
  [3, 'avg decimal', (of) => sql('double')`avg(${of('decimal')})`],
  [2, 'avg double', (of) => sql('double')`avg(${of('double')})`],
  [1, 'avg distinct', (of) => sql('double')`avg(DISTINCT ${of('integer')})`],
  [1, 'median', (of) => sql('double')`median(${of('double')})`],
  [1, 'stddev', (of) => sql('double')`stddev_samp(${of('double')})`],
  [1, 'var_pop', (of) => sql('double')`var_pop(${of('double')})`],
  [1, 'corr', (of) => sql('double')`covar_pop(${of('double')}, ${of('double')})`],
];

/** One aggregate; only with `inexact` one whose last digits depend on how the rows are added up. */
export function randomAggregate(maker: QueryMaker, scope: Scope, inexact: boolean): Expression {
  const { dice } = maker;
  const of: Operand = (family) => randomScalar(maker, scope, family, 1);
  if (dice.chance(0.07)) return orderedAggregate(maker, scope);
  const choices = inexact && dice.chance(0.25) ? inexactAggregates : exactAggregates;
  const [name, make] = dice.weighted(choices.map(([weight, ...rest]) => [weight, rest] as const));
  maker.feature(`aggregate:${name}`);
  const aggregate = make(of, familyInScope(maker, scope));
  if (!/^(count|sum|min|max|avg|bool|bit|median|stddev|quantile)/.test(name) || name === 'avg floor') return aggregate;
  if (!dice.chance(0.15)) return aggregate;
  maker.feature('aggregate:filter');
  return sql(aggregate.family)`${aggregate} FILTER (WHERE ${randomPredicate(maker, scope, 1, false)})`;
}

/** An aggregate with an ORDER BY of its own, ordered by its argument. */
function orderedAggregate(maker: QueryMaker, scope: Scope): Expression {
  const { dice } = maker;
  const text = dice.chance(0.5);
  const columns = columnsOf(scope, text ? 'text' : 'integer');
  if (columns.length === 0) return sql('integer')`count(*)`;
  const value = dice.pick(columns);
  const distinct = dice.chance(0.3) ? 'DISTINCT ' : '';
  const direction = dice.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']);
  maker.feature(text ? 'aggregate:string_agg' : 'aggregate:list');
  const aggregate = text
    ? sql('text')`string_agg(${distinct}${value}, ';' ORDER BY ${value}${direction})`
    : sql('list')`list(${distinct}${value} ORDER BY ${value}${direction})`;
  return atomic(aggregate);
}

/** Whether an aggregate over this family is a number that can be added up once more. */
export const isSummable = (family: Family): boolean => SUMMABLE.includes(family);
