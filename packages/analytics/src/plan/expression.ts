/**
 * Scalar expressions of our plan. Their meaning stays DuckDB's: an expression is a piece of SQL text with holes
 * for its operands, so a plan can be rewritten (columns renumbered, operators moved) without knowing what each of
 * DuckDB's functions does. Columns are positions in the input row.
 */
import { unreachable } from '@pappus/core';

export interface ColumnRef {
  readonly kind: 'column';
  readonly index: number;
  readonly type: string;
}

/** `parts` alternate freely: strings are SQL text, expressions are printed in their place. */
export interface Apply {
  readonly kind: 'apply';
  /** What is applied: `=`, `and`, `like`, `literal`, a function's name. Estimation looks at it. */
  readonly operator: string;
  readonly parts: readonly (string | Expression)[];
  readonly type: string;
  /** Not the same for the same row every time: random(), nextval(). */
  readonly volatile: boolean;
}

export type Expression = ColumnRef | Apply;

export interface SortKey {
  readonly expression: Expression;
  readonly direction: 'ASC' | 'DESC';
  readonly nulls: 'NULLS FIRST' | 'NULLS LAST';
}

export const column = (index: number, type: string): ColumnRef => Object.freeze({ kind: 'column', index, type });

export function apply(operator: string, type: string, parts: readonly (string | Expression)[], volatile = false): Apply {
  const operandVolatile = parts.some((part) => typeof part !== 'string' && isVolatile(part));
  return Object.freeze({ kind: 'apply', operator, parts: Object.freeze(parts), type, volatile: volatile || operandVolatile });
}

export const isVolatile = (expression: Expression): boolean => expression.kind === 'apply' && expression.volatile;

export const operands = (expression: Expression): readonly Expression[] =>
  expression.kind === 'column' ? [] : expression.parts.filter((part) => typeof part !== 'string');

/** The SQL of an expression, with `name` giving the SQL of a column. */
export function printExpression(expression: Expression, name: (index: number) => string): string {
  switch (expression.kind) {
    case 'column':
      return name(expression.index);
    case 'apply':
      return expression.parts.map((part) => (typeof part === 'string' ? part : printExpression(part, name))).join('');
    default:
      return unreachable(expression, 'expression');
  }
}

// A character of the private use area: a column in a key cannot be mistaken for a piece of a text literal.
const MARK = '\uF8FF';

/** A text that is equal for equal expressions over the same input. */
export const expressionKey = (expression: Expression): string => printExpression(expression, columnKey);

/** The key of a column: the one form of key that is no compound. */
export const columnKey = (index: number): string => `${MARK}${index}${MARK}`;

const COLUMN_KEYS = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

/** The key with each column's position replaced; null when one has no replacement. */
export function renameKey(key: string, rename: (index: number) => number | null): string | null {
  let whole = true;
  const text = key.replace(COLUMN_KEYS, (_, index: string) => {
    const renamed = rename(Number(index));
    if (renamed === null) whole = false;
    return columnKey(renamed ?? 0);
  });
  return whole ? text : null;
}

/** The same expression with each column replaced. */
export function substitute(expression: Expression, replacement: (ref: ColumnRef) => Expression): Expression {
  if (expression.kind === 'column') return replacement(expression);
  const parts = expression.parts.map((part) => (typeof part === 'string' ? part : substitute(part, replacement)));
  return apply(expression.operator, expression.type, parts, expression.volatile);
}

export const shiftColumns = (expression: Expression, by: number): Expression =>
  substitute(expression, (ref) => column(ref.index + by, ref.type));

/** The positions of all columns that an expression reads. */
export function columnsOf(expression: Expression): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (node: Expression): void => {
    if (node.kind === 'column') found.add(node.index);
    else operands(node).forEach(visit);
  };
  visit(expression);
  return found;
}

/** `a AND b AND …`; null when there is nothing to join. */
export function conjunction(expressions: readonly Expression[]): Expression | null {
  const [first, ...rest] = expressions;
  if (first === undefined) return null;
  if (rest.length === 0) return first;
  return apply('and', 'BOOLEAN', ['(', ...rest.reduce<(string | Expression)[]>((parts, next) => [...parts, ' AND ', next], [first]), ')']);
}

export const cast = (expression: Expression, type: string): Expression =>
  expression.type === type ? expression : apply('cast', type, ['CAST(', expression, ` AS ${type})`]);
