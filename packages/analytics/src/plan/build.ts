/** Constructors of plan nodes: they derive the output types and fold what is trivially nothing. */
import { defined } from '@pappus/core';
import { column, isVolatile, substitute, type Expression } from './expression.ts';
import type { Aggregate, Distinct, Exchange, ExchangeRouting, Filter, Join, JoinType, Limit, Own, Plan, Project, SetOperation, Sort, Unnest, Values, Window } from './node.ts';

export const columnsOfPlan = (plan: Plan): readonly Expression[] => plan.types.map((type, index) => column(index, type));

export function filter(input: Plan, predicates: readonly Expression[]): Plan {
  if (predicates.length === 0) return input;
  const node: Filter = { kind: 'filter', input, predicates, types: input.types };
  return Object.freeze(node);
}

const isIdentity = (input: Plan, expressions: readonly Expression[]): boolean =>
  expressions.length === input.types.length && expressions.every((expression, index) => expression.kind === 'column' && expression.index === index);

/** Projects; a projection of columns over a projection becomes one. */
export function project(input: Plan, expressions: readonly Expression[]): Plan {
  if (isIdentity(input, expressions)) return input;
  const merges = input.kind === 'project' && (expressions.every((e) => e.kind === 'column') || input.expressions.every((e) => e.kind === 'column'));
  if (merges && input.kind === 'project' && !input.expressions.some(isVolatile)) {
    const inner = input.expressions;
    const merged = expressions.map((expression) => substitute(expression, (ref) => defined(inner[ref.index], `column ${ref.index}`)));
    return project(input.input, merged);
  }
  const node: Project = { kind: 'project', input, expressions, types: expressions.map((expression) => expression.type) };
  return Object.freeze(node);
}

export const keepColumns = (input: Plan, positions: readonly number[]): Plan =>
  project(input, positions.map((position) => column(position, defined(input.types[position], `column ${position}`))));

export function joinTypes(type: JoinType, left: Plan, right: Plan): readonly string[] {
  if (type === 'semi' || type === 'anti') return left.types;
  return type === 'mark' ? [...left.types, 'BOOLEAN'] : [...left.types, ...right.types];
}

export function join(parts: Omit<Join, 'kind' | 'types'>): Join {
  return Object.freeze({ kind: 'join', ...parts, types: joinTypes(parts.type, parts.left, parts.right) });
}

export function aggregate(parts: Omit<Aggregate, 'kind' | 'types'>): Aggregate {
  const { groups, aggregates, groupingFunctions } = parts;
  const types = [...groups, ...aggregates].map((part) => part.type).concat(groupingFunctions.map(() => 'BIGINT'));
  return Object.freeze({ kind: 'aggregate', ...parts, types });
}

export const distinct = (input: Plan): Distinct => Object.freeze({ kind: 'distinct', input, on: null, orders: [], types: input.types });

export const sort = (parts: Omit<Sort, 'kind' | 'types'>): Sort => Object.freeze({ kind: 'sort', ...parts, types: parts.input.types });

export const limit = (parts: Omit<Limit, 'kind' | 'types'>): Limit => Object.freeze({ kind: 'limit', ...parts, types: parts.input.types });

export const setOperation = (parts: Omit<SetOperation, 'kind' | 'types'>): SetOperation =>
  Object.freeze({ kind: 'set', ...parts, types: parts.left.types });

export const values = (types: readonly string[], rows: Values['rows']): Values => Object.freeze({ kind: 'values', rows, types });

export const window = (input: Plan, calls: Window['calls']): Window =>
  Object.freeze({ kind: 'window', input, calls, types: [...input.types, ...calls.map((call) => call.expression.type)] });

export const unnest = (input: Plan, expressions: readonly Expression[]): Unnest =>
  Object.freeze({ kind: 'unnest', input, expressions, types: [...input.types, ...expressions.map((expression) => expression.type)] });

export const exchange = (input: Plan, routing: ExchangeRouting, spread: boolean): Exchange =>
  Object.freeze({ kind: 'exchange', input, routing, spread, types: input.types });

export const own = (input: Plan, keys: readonly Expression[]): Own => Object.freeze({ kind: 'own', input, keys, types: input.types });

/** The same node over other inputs. Output types stay: the new inputs must have the columns of the old ones. */
export function withInputs(plan: Plan, inputs: readonly Plan[]): Plan {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'shared':
      return plan;
    case 'join':
    case 'set':
      return Object.freeze({ ...plan, left: defined(inputs[0], 'left input'), right: defined(inputs[1], 'right input') });
    default:
      return Object.freeze({ ...plan, input: defined(inputs[0], 'input') });
  }
}
