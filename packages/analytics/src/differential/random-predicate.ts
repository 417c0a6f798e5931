/** Random predicates: what stands in WHERE, ON, HAVING, FILTER and CASE. */
import type { QueryMaker, Scope } from './query-maker.ts';
import { literalsOf, randomLiteral } from './random-literal.ts';
import { familyInScope, leaf, randomScalar } from './random-scalar.ts';
import { joined, sql, template, type Expression, type Family } from './sql-tree.ts';

const COMPARISONS = ['=', '<', '<=', '>', '>=', '<>', '<>', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'] as const;
const PATTERNS = ["'%a%'", "'b%'", "'%h'", "'_e%'", "'%\\%%' ESCAPE '\\'", "'ash'", "''"] as const;

/** A predicate; `subqueries` says whether it may hold any. */
export function randomPredicate(maker: QueryMaker, scope: Scope, depth: number, subqueries: boolean): Expression {
  const { dice } = maker;
  if (subqueries && dice.chance(0.3) && maker.spend()) return maker.grammar.subqueryPredicate(maker, scope);
  if (depth > 0 && dice.chance(0.35)) return connective(maker, scope, depth - 1, subqueries);
  return simplePredicate(maker, scope);
}

/** A conjunct list for WHERE: none, one or a few. */
export function randomConjuncts(maker: QueryMaker, scope: Scope, subqueries: boolean): readonly Expression[] {
  const count = maker.dice.weighted(scope.outer.length > 0 ? [[3, 0], [1, 1]] : [[5, 0], [5, 1], [2, 2], [0.5, 3]]);
  return Array.from({ length: count }, () => randomPredicate(maker, scope, 2, subqueries));
}

function connective(maker: QueryMaker, scope: Scope, depth: number, subqueries: boolean): Expression {
  const next = (): Expression => randomPredicate(maker, scope, depth, subqueries);
  const kind = maker.dice.weighted([[4, 'or'], [2, 'and'], [2, 'not']] as const);
  maker.feature(`predicate:${kind}`);
  if (kind === 'not') return sql('boolean')`(NOT ${next()})`;
  return kind === 'or' ? sql('boolean')`(${next()} OR ${next()})` : sql('boolean')`(${next()} AND ${next()})`;
}

function simplePredicate(maker: QueryMaker, scope: Scope): Expression {
  const { dice } = maker;
  const family = familyInScope(maker, scope);
  const of = (wanted: Family): Expression => randomScalar(maker, scope, wanted, 1);
  const kind = dice.weighted([[8, 'compare'], [2, 'in'], [2, 'between'], [2, 'null'], [1.5, 'like'], [1, 'boolean'], [0.4, 'row']] as const);
  maker.feature(`predicate:${kind}`);
  switch (kind) {
    case 'compare':
      return comparison(maker, scope, family);
    case 'in': {
      const list = joined(literalsOf(dice, family, dice.int(1, 5)), ', ');
      const not = dice.chance(0.3) ? ' NOT' : '';
      const end = dice.chance(0.1) ? [', NULL'] : [];
      return template('boolean', ['(', of(family), `${not} IN (`, ...list, ...end, '))']);
    }
    case 'between':
      return sql('boolean')`(${of(family)} BETWEEN ${randomLiteral(dice, family)} AND ${leaf(maker, scope, family)})`;
    case 'null':
      return sql('boolean')`(${of(family)} IS ${dice.chance(0.5) ? '' : 'NOT '}NULL)`;
    case 'like':
      return sql('boolean')`(${of('text')} ${dice.pick(['LIKE', 'NOT LIKE', 'ILIKE'])} ${dice.pick(PATTERNS)})`;
    case 'boolean':
      return sql('boolean')`(${of('boolean')} IS ${dice.pick(['TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE'])})`;
    case 'row':
      return sql('boolean')`((${of(family)}, ${of('integer')}) = (${of(family)}, ${of('integer')}))`;
  }
}

function comparison(maker: QueryMaker, scope: Scope, family: Family): Expression {
  const { dice } = maker;
  const left = randomScalar(maker, scope, family, 1);
  const right = dice.chance(0.6) ? randomLiteral(dice, family) : randomScalar(maker, scope, family, 1);
  return sql('boolean')`(${left} ${dice.pick(COMPARISONS)} ${right})`;
}
