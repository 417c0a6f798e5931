/**
 * Operators of DuckDB 1.5's plan JSON as nodes of our plan. Correlated subqueries lose their special form here: a
 * DELIM_JOIN's outer side becomes a shared plan, a DELIM_GET the distinct values of some of its columns, and what is
 * left is an ordinary join, which distribution treats like any other.
 */
import { AppError, defined } from '@pappus/core';
import { aggregate, columnsOfPlan, distinct, filter, join, joinTypes, keepColumns, limit, project, setOperation, sort, unnest, values, window } from '../build.ts';
import { column, columnsOf, conjunction, shiftColumns, substitute, type ColumnRef, type Expression } from '../expression.ts';
import type { JoinCondition, JoinType, Plan, PlanTree, Shared } from '../node.ts';
import { aggregateCall, comparisonSql, expression, expressions, sortKeys } from './expressions.ts';
import { asArray, asIndex, asObject, asString, listAt, type Json, type JsonObject } from './json.ts';
import { typeSql } from './types.ts';
import { windowCall } from './windows.ts';

export interface Tables {
  /** The table behind a scan function's name, or null when the function is none of ours. */
  byFunction(name: string): { readonly name: string; readonly types: ReadonlyMap<string, string> } | null;
}

/** Translates one plan; throws `unsupported` with the reason when something in it has no translation. */
export function translatePlan(json: Json, tables: Tables): PlanTree {
  const translation = new Translation(tables);
  const root = translation.plan(asObject(json));
  return { root, shared: translation.shared };
}

class Translation {
  readonly shared = new Map<number, Plan>();
  readonly #tables: Tables;
  readonly #ctes = new Map<number, Shared>();
  /** The outer sides of the DELIM_JOINs around the current node, innermost last. */
  readonly #outer: { readonly source: Shared; readonly columns: readonly Expression[] }[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  plan(node: JsonObject): Plan {
    const input = (): Plan => this.plan(child(node, 0));
    switch (node['type']) {
      case 'LOGICAL_GET':
        return this.#scan(node);
      case 'LOGICAL_FILTER':
        return mapped(filter(input(), expressions(listAt(node, 'expressions'))), listAt(node, 'projection_map'));
      case 'LOGICAL_PROJECTION':
        return project(input(), expressions(listAt(node, 'expressions')));
      case 'LOGICAL_COMPARISON_JOIN':
        return translateJoin(node, input(), this.plan(child(node, 1)));
      case 'LOGICAL_ANY_JOIN':
        return translateAnyJoin(node, input(), this.plan(child(node, 1)));
      case 'LOGICAL_CROSS_PRODUCT':
        return join({ type: 'inner', left: input(), right: this.plan(child(node, 1)), conditions: [], residual: null });
      case 'LOGICAL_DELIM_JOIN':
        return this.#delimJoin(node);
      case 'LOGICAL_DELIM_GET':
        return this.#delimGet(node);
      case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
        return translateAggregate(node, input());
      case 'LOGICAL_DISTINCT':
        return translateDistinct(node, input());
      case 'LOGICAL_ORDER_BY':
      case 'LOGICAL_TOP_N':
        return translateSort(node, input());
      case 'LOGICAL_LIMIT':
        return limit({ input: input(), limit: constantCount(node['limit_val']), offset: constantCount(node['offset_val']) ?? 0 });
      case 'LOGICAL_UNION':
      case 'LOGICAL_EXCEPT':
      case 'LOGICAL_INTERSECT':
        return this.#setOperation(node);
      case 'LOGICAL_WINDOW':
        return window(input(), asArray(node['expressions']).map(windowCall));
      case 'LOGICAL_UNNEST':
        return unnest(input(), asArray(node['expressions']).map((item) => expression(asObject(item)['child'])).map(unnested));
      case 'LOGICAL_MATERIALIZED_CTE':
        return this.#cte(node);
      case 'LOGICAL_CTE_REF':
        return this.#cteReference(node);
      case 'LOGICAL_EXPRESSION_GET':
        return values(asArray(node['expr_types']).map(typeSql), asArray(node['expressions']).map((row) => expressions(asArray(row))));
      case 'LOGICAL_DUMMY_SCAN':
        return values([], [[]]);
      case 'LOGICAL_EMPTY_RESULT':
        return values(asArray(node['return_types']).map(typeSql), []);
      default:
        throw new AppError('unsupported', `the operator ${operatorName(node)}`);
    }
  }

  #scan(node: JsonObject): Plan {
    const name = asString(node['name']);
    const table = this.#tables.byFunction(name);
    if (table === null) throw new AppError('unsupported', `the table function ${name}`);
    if (listAt(asObject(node['table_filters']), 'filters').length > 0) throw new AppError('unsupported', 'a scan with filters pushed into it');
    const names = asArray(node['names']).map(asString);
    const read = asArray(node['column_indexes']).map((item) => names[asIndex(asObject(item)['index'])] ?? null);
    const kept = listAt(node, 'projection_ids').length === 0 ? read : listAt(node, 'projection_ids').map((id) => read[asIndex(id)] ?? null);
    const columns = [...new Set(kept.filter((column) => column !== null))];
    const types = columns.map((column) => defined(table.types.get(column), `column ${column} of ${table.name}`));
    const scan: Plan = Object.freeze({ kind: 'scan', table: table.name, columns, split: false, types });
    // A column that is no column of the table stands for a row without values (count(*)).
    return project(scan, kept.map((column) => (column === null ? nothing : defined(columnsOfPlan(scan)[columns.indexOf(column)], column))));
  }

  #share(plan: Plan): Shared {
    const id = this.shared.size;
    this.shared.set(id, plan);
    return Object.freeze({ kind: 'shared', id, types: plan.types });
  }

  #delimJoin(node: JsonObject): Plan {
    const flipped = node['delim_flipped'] === true;
    const source = this.#share(this.plan(child(node, flipped ? 1 : 0)));
    this.#outer.push({ source, columns: expressions(asArray(node['duplicate_eliminated_columns'])) });
    const inner = this.plan(child(node, flipped ? 0 : 1));
    this.#outer.pop();
    return flipped ? translateJoin(node, inner, source) : translateJoin(node, source, inner);
  }

  #delimGet(node: JsonObject): Plan {
    const types = asArray(node['chunk_types']).map(typeSql).join();
    const outer = this.#outer.at(-1);
    if (outer === undefined || outer.columns.map((part) => part.type).join() !== types) throw new AppError('unsupported', 'a correlated subquery inside another whose columns do not match');
    return distinct(project(outer.source, outer.columns));
  }

  #setOperation(node: JsonObject): Plan {
    const [first, ...rest] = asArray(node['children']).map((item) => this.plan(asObject(item)));
    const operation = asString(node['type']).slice('LOGICAL_'.length) as 'UNION' | 'EXCEPT' | 'INTERSECT';
    const all = node['setop_all'] === true;
    return rest.reduce((left, right) => setOperation({ operation, all, left, right }), defined(first, 'input of a set operation'));
  }

  #cte(node: JsonObject): Plan {
    this.#ctes.set(asIndex(node['table_index']), this.#share(this.plan(child(node, 0))));
    return this.plan(child(node, 1));
  }

  #cteReference(node: JsonObject): Plan {
    const cte = this.#ctes.get(asIndex(node['cte_index']));
    if (cte === undefined || node['is_recurring'] === true) throw new AppError('unsupported', 'a recursive CTE');
    return cte;
  }
}

const nothing: Expression = Object.freeze({ kind: 'apply', operator: 'literal', parts: ['CAST(NULL AS INTEGER)'], type: 'INTEGER', volatile: false });

const child = (node: JsonObject, index: number): JsonObject => asObject(asArray(node['children'])[index]);

const operatorName = (node: JsonObject): string => asString(node['type']).replace('LOGICAL_', '').replaceAll('_', ' ');

/** Applies a projection map: the positions that survive, all when it is empty. */
const mapped = (plan: Plan, map: readonly Json[]): Plan => (map.length === 0 ? plan : keepColumns(plan, map.map(asIndex)));

const JOIN_TYPES: Readonly<Record<string, { readonly type: JoinType; readonly flipped: boolean }>> = {
  INNER: { type: 'inner', flipped: false },
  LEFT: { type: 'left', flipped: false },
  RIGHT: { type: 'right', flipped: false },
  FULL: { type: 'full', flipped: false },
  OUTER: { type: 'full', flipped: false },
  SEMI: { type: 'semi', flipped: false },
  ANTI: { type: 'anti', flipped: false },
  RIGHT_SEMI: { type: 'semi', flipped: true },
  RIGHT_ANTI: { type: 'anti', flipped: true },
  MARK: { type: 'mark', flipped: false },
  SINGLE: { type: 'single', flipped: false },
};

function joinType(node: JsonObject): { readonly type: JoinType; readonly flipped: boolean } {
  const name = asString(node['join_type']);
  const found = JOIN_TYPES[name];
  if (found === undefined) throw new AppError('unsupported', `joins of type ${name}`);
  return found;
}

function translateJoin(node: JsonObject, left: Plan, right: Plan): Plan {
  const conditions: JoinCondition[] = [];
  const residuals: Expression[] = [];
  for (const item of asArray(node['conditions'])) {
    const condition = asObject(item);
    if (condition['left'] === undefined || condition['left'] === null) residuals.push(expression(condition['expression']));
    else conditions.push({ left: expression(condition['left']), right: expression(condition['right']), comparison: comparisonSql(condition['comparison']) });
  }
  if (node['predicate'] !== null && node['predicate'] !== undefined) residuals.push(expression(node['predicate']));
  return orient(node, left, right, conditions, residuals);
}

/** DuckDB puts outer and semi joins with more than equalities into one expression; its equalities are join keys again. */
function translateAnyJoin(node: JsonObject, left: Plan, right: Plan): Plan {
  const conditions: JoinCondition[] = [];
  const residuals: Expression[] = [];
  for (const part of conjuncts(asObject(node['condition']))) {
    const condition = part['expression_class'] === 'BOUND_COMPARISON' ? joinCondition(part, left.types.length) : null;
    if (condition === null) residuals.push(expression(part));
    else conditions.push(condition);
  }
  return orient(node, left, right, conditions, residuals);
}

function conjuncts(node: JsonObject): readonly JsonObject[] {
  return node['type'] === 'CONJUNCTION_AND' ? asArray(node['children']).flatMap((part) => conjuncts(asObject(part))) : [node];
}

/** A comparison of something of the left side with something of the right, or null. */
function joinCondition(node: JsonObject, leftWidth: number): JoinCondition | null {
  const comparison = comparisonSql(node['type']);
  const [first, second] = [expression(node['left']), expression(node['right'])];
  const sideOf = (part: Expression): 'left' | 'right' | null => {
    const columns = [...columnsOf(part)];
    if (columns.length === 0) return null;
    return columns.every((index) => index < leftWidth) ? 'left' : columns.every((index) => index >= leftWidth) ? 'right' : null;
  };
  if (sideOf(first) === 'left' && sideOf(second) === 'right') return { left: first, right: shiftColumns(second, -leftWidth), comparison };
  if (sideOf(first) === 'right' && sideOf(second) === 'left') return { left: second, right: shiftColumns(first, -leftWidth), comparison: MIRRORED[comparison] ?? comparison };
  return null;
}

/** Builds the join with the side that survives on the left, and applies the projection maps. */
function orient(node: JsonObject, left: Plan, right: Plan, conditions: readonly JoinCondition[], residuals: readonly Expression[]): Plan {
  const { type, flipped } = joinType(node);
  const residual = conjunction(residuals);
  const [leftWidth, rightWidth] = [left.types.length, right.types.length];
  const swapped = (ref: ColumnRef): Expression => column(ref.index < leftWidth ? ref.index + rightWidth : ref.index - leftWidth, ref.type);
  const built = flipped
    ? join({ type, left: right, right: left, conditions: conditions.map(swap), residual: residual === null ? null : substitute(residual, swapped) })
    : join({ type, left, right, conditions, residual });
  return projectJoin(node, built, flipped);
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

const swap = (condition: JoinCondition): JoinCondition => ({
  left: condition.right,
  right: condition.left,
  comparison: MIRRORED[condition.comparison] ?? condition.comparison,
});

function projectJoin(node: JsonObject, joined: ReturnType<typeof join>, flipped: boolean): Plan {
  const leftMap = listAt(node, flipped ? 'right_projection_map' : 'left_projection_map').map(asIndex);
  const rightMap = listAt(node, flipped ? 'left_projection_map' : 'right_projection_map').map(asIndex);
  const all = (count: number, from: number): number[] => Array.from({ length: count }, (_, index) => from + index);
  const leftWidth = joined.left.types.length;
  const kept = leftMap.length === 0 ? all(leftWidth, 0) : leftMap;
  const rightCount = joinTypes(joined.type, joined.left, joined.right).length - leftWidth;
  const mapsRight = rightMap.length > 0 && joined.type !== 'mark' && rightCount > 0;
  const rightKept = mapsRight ? rightMap.map((position) => leftWidth + position) : all(rightCount, leftWidth);
  return keepColumns(joined, [...kept, ...rightKept]);
}

function translateAggregate(node: JsonObject, input: Plan): Plan {
  const groups = expressions(listAt(node, 'groups'));
  const sets = listAt(node, 'grouping_sets').map((set) => asArray(set).map(asIndex));
  const single = sets.length === 0 || (sets.length === 1 && sets[0]?.length === groups.length);
  // With several sets the groups become columns first: constants and repetitions would be ambiguous in the SQL.
  const width = input.types.length;
  return aggregate({
    input: single ? input : project(input, [...columnsOfPlan(input), ...groups]),
    groups: single ? groups : groups.map((group, index) => column(width + index, group.type)),
    groupingSets: single ? null : sets,
    groupingFunctions: listAt(node, 'grouping_functions').map((list) => asArray(list).map(asIndex)),
    aggregates: asArray(node['expressions']).map(aggregateCall),
  });
}

function translateDistinct(node: JsonObject, input: Plan): Plan {
  if (node['distinct_type'] !== 'DISTINCT_ON') return distinct(input);
  const orders = node['order_by'] === null || node['order_by'] === undefined ? [] : sortKeys(listAt(asObject(node['order_by']), 'orders'));
  return Object.freeze({ kind: 'distinct', input, on: expressions(asArray(node['distinct_targets'])), orders, types: input.types });
}

function translateSort(node: JsonObject, input: Plan): Plan {
  const topN = node['type'] === 'LOGICAL_TOP_N';
  const sorted = sort({ input, orders: sortKeys(asArray(node['orders'])), limit: topN ? asIndex(node['limit']) : null, offset: topN ? asIndex(node['offset']) : 0 });
  return mapped(sorted, listAt(node, 'projections'));
}

/** LIMIT and OFFSET when they are constants; null when not given. */
function constantCount(json: Json | undefined): number | null {
  const value = asObject(json);
  switch (value['type']) {
    case 'UNSET':
      return null;
    case 'CONSTANT_VALUE':
      return asIndex(value['constant_integer']);
    default:
      throw new AppError('unsupported', `LIMIT by ${asString(value['type']).toLowerCase().replaceAll('_', ' ')}`);
  }
}

/** The element expression of UNNEST over a list; its type is the list's element type. */
function unnested(list: Expression): Expression {
  if (!list.type.endsWith('[]')) throw new AppError('unsupported', `UNNEST of ${list.type}`);
  return Object.freeze({ kind: 'apply', operator: 'unnest', parts: ['unnest(', list, ')'], type: list.type.slice(0, -2), volatile: list.kind === 'apply' && list.volatile });
}

