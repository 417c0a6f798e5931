import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, cast, column, columnKey, columnsOf, conjunction, expressionKey, isVolatile, printExpression, renameKey, shiftColumns, substitute, type Expression } from './expression.ts';

const name = (index: number): string => `c${index}`;
const literal = (sql: string, type: string): Expression => apply('literal', type, [sql]);
const call = (name: string, type: string, args: readonly Expression[]): Expression => apply(name, type, [`${name}(`, ...args.flatMap((arg, index) => (index === 0 ? [arg] : [', ', arg])), ')']);
const print = (expression: Expression): string => printExpression(expression, name);

const expressions: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.nat(9).map((index) => column(index, 'INTEGER')),
    fc.constantFrom("'c1'", "'\"c2'", '3').map((sql) => literal(sql, 'INTEGER')),
    fc.tuple(tie('node'), tie('node')).map(([left, right]) => apply('+', 'INTEGER', ['(', left, ' + ', right, ')'])),
    fc.tuple(tie('node'), tie('node'), tie('node')).map((args) => call('coalesce', 'INTEGER', args)),
  ),
})).node;

describe('an expression', () => {
  it('prints its parts in order, with the names of columns in the holes', () => {
    const sum = apply('+', 'INTEGER', ['(', column(0, 'INTEGER'), ' + ', literal('1', 'INTEGER'), ')']);
    expect(print(call('abs', 'INTEGER', [sum]))).toBe('abs((c0 + 1))');
    expect(print(cast(sum, 'BIGINT'))).toBe('CAST((c0 + 1) AS BIGINT)');
    expect(cast(sum, 'INTEGER')).toBe(sum);
  });

  it('stays the same when each column is replaced by itself', () => {
    fc.assert(fc.property(expressions, (expression) => {
      expect(substitute(expression, (ref) => ref)).toEqual(expression);
    }));
  });

  it('is printed the same whether columns are renamed in the tree or while printing', () => {
    fc.assert(fc.property(expressions, fc.nat(20), (expression, by) => {
      expect(print(shiftColumns(expression, by))).toBe(printExpression(expression, (index) => name(index + by)));
      expect(columnsOf(shiftColumns(expression, by))).toEqual(new Set([...columnsOf(expression)].map((index) => index + by)));
    }));
  });

  it('is volatile when anything in it is', () => {
    const random = apply('random', 'DOUBLE', ['random()'], true);
    expect(isVolatile(call('floor', 'DOUBLE', [call('abs', 'DOUBLE', [random])]))).toBe(true);
    expect(isVolatile(substitute(column(0, 'DOUBLE'), () => random))).toBe(true);
    expect(isVolatile(call('abs', 'DOUBLE', [column(0, 'DOUBLE')]))).toBe(false);
  });

  it('joins a conjunction of any length', () => {
    const parts = ['true', 'false', 'NULL'].map((sql) => literal(sql, 'BOOLEAN'));
    expect(conjunction([])).toBeNull();
    expect(conjunction(parts.slice(0, 1))).toBe(parts[0]);
    expect(print(conjunction(parts) as Expression)).toBe('(true AND false AND NULL)');
  });
});

describe('the key of an expression', () => {
  it('is that of the renamed expression after renaming', () => {
    fc.assert(fc.property(expressions, fc.nat(20), (expression, by) => {
      expect(renameKey(expressionKey(expression), (index) => index + by)).toBe(expressionKey(shiftColumns(expression, by)));
    }));
  });

  it('is none when a column has no new name', () => {
    const sum = apply('+', 'INTEGER', [column(1, 'INTEGER'), ' + ', column(2, 'INTEGER')]);
    expect(renameKey(expressionKey(sum), (index) => (index === 2 ? null : index))).toBeNull();
  });

  it('does not take a text literal for a column', () => {
    expect(expressionKey(literal("'c0'", 'VARCHAR'))).not.toBe(expressionKey(column(0, 'VARCHAR')));
    expect(expressionKey(column(12, 'VARCHAR'))).toBe(columnKey(12));
    expect(renameKey(columnKey(1), () => 12)).toBe(columnKey(12));
  });
});
