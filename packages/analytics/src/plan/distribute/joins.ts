/**
 * Joins on many workers: both sides by hash of the equality keys, or one side broadcast, whichever moves fewer
 * bytes; everything on one worker where neither is allowed.
 */
import { bytesOf } from '../estimate.ts';
import { columnsOf, expressionKey, isVolatile } from '../expression.ts';
import { exchange, withInputs } from '../build.ts';
import type { Join, JoinCondition, JoinType, Plan } from '../node.ts';
import { ANY, isSpread, REPLICATED, renamed, shiftedKey, SINGLE, type Partitioning } from '../partitioning.ts';
import type { Distributed, Distribution } from './distribution.ts';

/** Every left row finds all its partners on its worker when the whole right side is there, and is reported once. */
const RIGHT_MAY_BE_WHOLE: ReadonlySet<JoinType> = new Set(['inner', 'left', 'semi', 'anti', 'mark', 'single']);
const LEFT_MAY_BE_WHOLE: ReadonlySet<JoinType> = new Set(['inner', 'right']);

/** An exchange costs something even for no rows: a round through all workers. In bytes, to be added to bytes. */
const EXCHANGE_BYTES = 32 * 1024;

interface Choice {
  readonly cost: number;
  readonly build: () => Distributed;
}

export function distributeJoin(distribution: Distribution, plan: Join): Distributed {
  const [left, right] = [distribution.visit(plan.left), distribution.visit(plan.right)];
  for (const same of [SINGLE, REPLICATED]) {
    const both = left.partitioning.kind === same.kind && right.partitioning.kind === same.kind;
    if (both && (same.kind === 'single' || isDeterministic(plan))) return { plan: withInputs(plan, [left.plan, right.plan]), partitioning: same };
  }
  const choices = [...wholeSideChoices(distribution, plan, left, right), ...hashChoices(distribution, plan, left, right), gatherChoice(distribution, plan, left, right)];
  return choices.reduce((best, next) => (next.cost < best.cost ? next : best)).build();
}

/** Replicated inputs stay replicated unless the join itself draws random numbers. */
const isDeterministic = (plan: Join): boolean =>
  !(plan.residual !== null && isVolatile(plan.residual)) && !plan.conditions.some((condition) => isVolatile(condition.left) || isVolatile(condition.right));

function wholeSideChoices(distribution: Distribution, plan: Join, left: Distributed, right: Distributed): Choice[] {
  const { workers, broadcastWeight } = distribution.options;
  const bytes = (side: Plan): number => bytesOf(distribution.estimator.estimate(side)) * workers * broadcastWeight + EXCHANGE_BYTES;
  const whole = (side: Distributed): Plan => (side.partitioning.kind === 'replicated' ? side.plan : exchange(side.plan, { kind: 'broadcast' }, isSpread(side.partitioning)));
  const cost = (side: Distributed, original: Plan): number => (side.partitioning.kind === 'replicated' ? 0 : bytes(original));
  const choices: Choice[] = [];
  if (RIGHT_MAY_BE_WHOLE.has(plan.type) && isSpread(left.partitioning)) {
    choices.push({ cost: cost(right, plan.right), build: () => ({ plan: withInputs(plan, [left.plan, whole(right)]), partitioning: keepLeft(plan, left.partitioning) }) });
  }
  if (LEFT_MAY_BE_WHOLE.has(plan.type) && isSpread(right.partitioning)) {
    choices.push({ cost: cost(left, plan.left), build: () => ({ plan: withInputs(plan, [whole(left), right.plan]), partitioning: keepRight(plan, right.partitioning) }) });
  }
  return choices;
}

/**
 * Conditions by whose keys both sides may be spread. Not `=` in a mark join: whether `x IN (…)` is false or NULL
 * depends on NULLs among all right rows, so only its correlation keys divide the right side.
 */
function hashableConditions(plan: Join): JoinCondition[] {
  return plan.conditions.filter((condition) => {
    const equality = condition.comparison === 'IS NOT DISTINCT FROM' || (condition.comparison === '=' && plan.type !== 'mark');
    const reads = columnsOf(condition.left).size > 0 && columnsOf(condition.right).size > 0;
    return equality && reads && condition.left.type === condition.right.type && !isVolatile(condition.left) && !isVolatile(condition.right);
  });
}

function hashChoices(distribution: Distribution, plan: Join, left: Distributed, right: Distributed): Choice[] {
  const conditions = hashableConditions(plan);
  if (conditions.length === 0) return [];
  const keyLists = [alongPartitioning(left.partitioning, conditions, 'left'), alongPartitioning(right.partitioning, conditions, 'right'), conditions];
  return keyLists.filter((keys) => keys !== null).map((keys) => {
    const cost = moveCost(distribution, plan.left, left, keys, 'left') + moveCost(distribution, plan.right, right, keys, 'right');
    return { cost, build: () => hashJoin(distribution, plan, left, right, keys) };
  });
}

type Side = 'left' | 'right';

/** The conditions in the order of a side's present partitioning, when it is one by (some of) their keys. */
function alongPartitioning(partitioning: Partitioning, conditions: readonly JoinCondition[], side: Side): readonly JoinCondition[] | null {
  if (partitioning.kind !== 'hash') return null;
  const found = partitioning.keys.map((texts) => conditions.find((condition) => texts.includes(expressionKey(condition[side]))));
  return found.every((condition) => condition !== undefined) ? found : null;
}

function isPartitionedBy(partitioning: Partitioning, keys: readonly JoinCondition[], side: Side): boolean {
  return partitioning.kind === 'hash' && partitioning.keys.length === keys.length &&
    partitioning.keys.every((texts, index) => keys[index] !== undefined && texts.includes(expressionKey(keys[index][side])));
}

function moveCost(distribution: Distribution, original: Plan, side: Distributed, keys: readonly JoinCondition[], name: Side): number {
  if (side.partitioning.kind === 'replicated' || isPartitionedBy(side.partitioning, keys, name)) return 0;
  return bytesOf(distribution.estimator.estimate(original)) + EXCHANGE_BYTES;
}

function hashJoin(distribution: Distribution, plan: Join, left: Distributed, right: Distributed, keys: readonly JoinCondition[]): Distributed {
  const moved = (side: Distributed, name: Side): Plan =>
    isPartitionedBy(side.partitioning, keys, name) ? side.plan : distribution.hashed(side, keys.map((key) => key[name]));
  return { plan: withInputs(plan, [moved(left, 'left'), moved(right, 'right')]), partitioning: hashJoinPartitioning(plan, keys) };
}

function hashJoinPartitioning(plan: Join, keys: readonly JoinCondition[]): Partitioning {
  const width = plan.left.types.length;
  const leftKey = (key: JoinCondition): string => expressionKey(key.left);
  const rightKey = (key: JoinCondition): string => shiftedKey(expressionKey(key.right), width);
  switch (plan.type) {
    case 'inner':
      return { kind: 'hash', keys: keys.map((key) => [leftKey(key), rightKey(key)]) };
    case 'right':
      return { kind: 'hash', keys: keys.map((key) => [rightKey(key)]) };
    case 'full':
      return ANY;
    default:
      return { kind: 'hash', keys: keys.map((key) => [leftKey(key)]) };
  }
}

/** After an inner join on it, a key of one side equals that of the other. */
function keepLeft(plan: Join, partitioning: Partitioning): Partitioning {
  if (plan.type !== 'inner') return partitioning;
  const width = plan.left.types.length;
  return renamed(partitioning, (key) => [key, ...hashableConditions(plan).filter((condition) => expressionKey(condition.left) === key).map((condition) => shiftedKey(expressionKey(condition.right), width))]);
}

function keepRight(plan: Join, partitioning: Partitioning): Partitioning {
  const width = plan.left.types.length;
  const partners = (key: string): string[] => (plan.type === 'inner' ? hashableConditions(plan).filter((condition) => expressionKey(condition.right) === key).map((condition) => expressionKey(condition.left)) : []);
  return renamed(partitioning, (key) => [shiftedKey(key, width), ...partners(key)]);
}

/** The last resort: both sides on one worker. It is also right for rows that are few. */
function gatherChoice(distribution: Distribution, plan: Join, left: Distributed, right: Distributed): Choice {
  const cost = (side: Distributed, original: Plan): number => (isSpread(side.partitioning) ? bytesOf(distribution.estimator.estimate(original)) * distribution.options.workers + EXCHANGE_BYTES : 0);
  return {
    cost: (cost(left, plan.left) + cost(right, plan.right)) * GATHER_PENALTY,
    build: () => ({ plan: withInputs(plan, [distribution.single(left), distribution.single(right)]), partitioning: SINGLE }),
  };
}

/** One worker does all the work: worth it only when there is next to nothing to do. */
const GATHER_PENALTY = 2;

