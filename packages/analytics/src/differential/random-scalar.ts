/** Random scalar expressions over the columns in sight. */
import { columnsOf, type QueryMaker, type Scope } from './query-maker.ts';
import { randomLiteral } from './random-literal.ts';
import { SCALAR_RECIPES, type Operand } from './scalar-recipes.ts';
import { sql, type Column, type Expression, type Family } from './sql-tree.ts';

/** How often a family is wanted where any will do. */
const FAMILIES: readonly (readonly [number, Family])[] = [
  [8, 'integer'],
  [4, 'text'],
  [3, 'decimal'],
  [3, 'date'],
  [2, 'double'],
  [2, 'boolean'],
  [1, 'timestamp'],
  [1, 'list'],
  [1, 'struct'],
];

export const randomFamily = (maker: QueryMaker): Family => maker.dice.weighted(FAMILIES);

/** A family of which the scope has a column: mostly the wish, else that of any column. */
export function familyInScope(maker: QueryMaker, scope: Scope): Family {
  const wish = randomFamily(maker);
  if (scope.columns.length === 0 || columnsOf(scope, wish).length > 0) return wish;
  return maker.dice.pick(scope.columns).family;
}

/** A scalar expression of a family, functions nested at most `depth` deep. */
export function randomScalar(maker: QueryMaker, scope: Scope, family: Family, depth: number): Expression {
  const { dice } = maker;
  if (depth <= 0 || dice.chance(0.6)) return leaf(maker, scope, family);
  const operand: Operand = (wanted) => randomScalar(maker, scope, wanted, depth - 1);
  if (dice.chance(0.25)) return conditional(maker, scope, family, operand);
  const recipe = dice.pick(SCALAR_RECIPES[family]);
  maker.feature(`scalar:${recipe.name}`);
  return recipe.make(operand);
}

export function leaf(maker: QueryMaker, scope: Scope, family: Family): Expression {
  const columns = columnsOf(scope, family);
  if (columns.length > 0 && maker.dice.chance(0.85)) return maker.dice.pick(columns);
  const outer = scope.outer.filter((column) => column.family === family);
  if (outer.length > 0 && maker.dice.chance(0.15)) return outerColumn(maker, maker.dice.pick(outer));
  return randomLiteral(maker.dice, family);
}

export function outerColumn(maker: QueryMaker, column: Column): Column {
  maker.feature('correlated');
  return column;
}

function conditional(maker: QueryMaker, scope: Scope, family: Family, of: Operand): Expression {
  const kind = maker.dice.pick(['case', 'case-of', 'coalesce', 'nullif', 'if'] as const);
  maker.feature(`scalar:${kind}`);
  const when = (): Expression => maker.grammar.predicate(maker, scope, 1, false);
  switch (kind) {
    case 'case':
      return sql(family)`CASE WHEN ${when()} THEN ${of(family)} WHEN ${when()} THEN ${of(family)} END`;
    case 'case-of':
      return sql(family)`CASE ${of('integer')} WHEN 7 THEN ${of(family)} WHEN 3 THEN ${of(family)} ELSE ${of(family)} END`;
    case 'coalesce':
      return sql(family)`coalesce(${of(family)}, ${of(family)})`;
    case 'nullif':
      return sql(family)`nullif(${of(family)}, ${of(family)})`;
    case 'if':
      return sql(family)`if(${when()}, ${of(family)}, ${of(family)})`;
  }
}
