/**
 * Puts exchanges into a plan so that it runs on many workers. Bottom up: each node says how its rows lie on the
 * workers (`Partitioning`), and an exchange goes in where an operator needs them otherwise.
 *
 * Two rules keep it right. Rows that are `replicated` come from scans, constants and broadcast sets alone, through
 * operators that give every worker the same rows, whatever their order; so each worker may drop all but its own part
 * (`own`). And what holds on worker 0
 * only (`single`) is cut off on the others before it meets rows that are spread, since an aggregate over no rows
 * yields one.
 */
import { defined, unreachable } from '@pappus/core';
import { distinct, exchange, limit, own, setOperation, sort, window, withInputs, columnsOfPlan } from '../build.ts';
import type { Estimator } from '../estimate.ts';
import { expressionKey, isVolatile, type Expression } from '../expression.ts';
import { inputsOf, type Distinct, type Limit, type Plan, type PlanTree, type Scan, type SetOperation, type Sort, type Window } from '../node.ts';
import { ANY, colocates, hashed, isSpread, projected, REPLICATED, SINGLE, type Partitioning } from '../partitioning.ts';
import { distributeAggregate } from './aggregates.ts';
import { distributeJoin } from './joins.ts';
import type { DistributionOptions } from './options.ts';

export interface Distributed {
  readonly plan: Plan;
  readonly partitioning: Partitioning;
}

export interface DistributedTree {
  readonly root: Distributed;
  readonly shared: ReadonlyMap<number, Distributed>;
}

export function distribute(tree: PlanTree, estimator: Estimator, options: DistributionOptions): DistributedTree {
  const distribution = new Distribution(estimator, options);
  for (const [id, plan] of tree.shared) distribution.shared.set(id, computedOnce(distribution.visit(plan)));
  return { root: distribution.visit(tree.root), shared: distribution.shared };
}

/** A shared plan with an exchange in it is computed once, on one worker where all could: its uses must agree on rows that are drawn at will, by a LIMIT for example. */
function computedOnce(shared: Distributed): Distributed {
  return shared.partitioning.kind === 'replicated' && hasExchange(shared.plan) ? { ...shared, partitioning: SINGLE } : shared;
}

const hasExchange = (plan: Plan): boolean => plan.kind === 'exchange' || plan.kind === 'shared' || inputsOf(plan).some(hasExchange);

export class Distribution {
  readonly shared: Map<number, Distributed> = new Map();
  readonly estimator: Estimator;
  readonly options: DistributionOptions;

  constructor(estimator: Estimator, options: DistributionOptions) {
    this.estimator = estimator;
    this.options = options;
  }

  visit(plan: Plan): Distributed {
    switch (plan.kind) {
      case 'scan':
        return this.#scan(plan);
      case 'values':
        return { plan, partitioning: plan.rows.flat().some(isVolatile) ? SINGLE : REPLICATED };
      case 'shared':
        return this.#shared(plan);
      case 'filter':
        return this.#rowWise(plan, plan.input, plan.predicates, (partitioning) => partitioning);
      case 'project':
        return this.#rowWise(plan, plan.input, plan.expressions, (partitioning) => projected(partitioning, plan.expressions));
      case 'unnest':
        return this.#rowWise(plan, plan.input, plan.expressions, (partitioning) => partitioning);
      case 'join':
        return distributeJoin(this, plan);
      case 'aggregate':
        return distributeAggregate(this, plan);
      case 'distinct':
        return this.#distinct(plan);
      case 'sort':
        return this.#sort(plan);
      case 'limit':
        return this.#limit(plan);
      case 'set':
        return this.#setOperation(plan);
      case 'window':
        return this.#window(plan);
      case 'exchange':
      case 'own':
        throw new TypeError(`${plan.kind} in a plan that is not distributed yet`);
      default:
        return unreachable(plan, 'plan node');
    }
  }

  /** The rows on worker 0 alone. */
  single({ plan, partitioning }: Distributed): Plan {
    if (partitioning.kind === 'single' || partitioning.kind === 'replicated') return plan;
    return exchange(plan, { kind: 'gather' }, true);
  }

  /** Each row on one worker: what every operator that is not row-wise and not replicated may start from. */
  spread({ plan, partitioning }: Distributed): Plan {
    return partitioning.kind === 'single' || partitioning.kind === 'replicated' ? own(plan, []) : plan;
  }

  /** The rows by hash of the keys; a replicated plan needs no exchange for that. */
  hashed({ plan, partitioning }: Distributed, keys: readonly Expression[]): Plan {
    return partitioning.kind === 'replicated' ? own(plan, keys) : exchange(plan, { kind: 'hash', keys }, isSpread(partitioning));
  }

  #scan(plan: Scan): Distributed {
    const replicated = this.estimator.estimate(plan).rows <= this.options.replicateMaxRows;
    return { plan: Object.freeze({ ...plan, split: !replicated }), partitioning: replicated ? REPLICATED : ANY };
  }

  #shared(plan: Extract<Plan, { kind: 'shared' }>): Distributed {
    const source = defined(this.shared.get(plan.id), `shared plan ${plan.id}`);
    // Replicated rows are cheap and the same everywhere: every use computes them itself.
    return source.partitioning.kind === 'replicated' ? source : { plan, partitioning: source.partitioning };
  }

  #rowWise(plan: Plan, input: Plan, expressions: readonly Expression[], after: (partitioning: Partitioning) => Partitioning): Distributed {
    const below = this.visit(input);
    const pinned = below.partitioning.kind === 'replicated' && expressions.some(isVolatile);
    return { plan: withInputs(plan, [below.plan]), partitioning: pinned ? SINGLE : after(below.partitioning) };
  }

  #distinct(plan: Distinct): Distributed {
    const below = this.visit(plan.input);
    const keys = plan.on ?? columnsOfPlan(plan);
    if (plan.on !== null && below.partitioning.kind === 'replicated') return { plan: withInputs(plan, [below.plan]), partitioning: SINGLE };
    if (colocates(below.partitioning, keys)) return { plan: withInputs(plan, [below.plan]), partitioning: below.partitioning };
    const reduced = plan.on === null ? distinct(below.plan) : below.plan;
    const few = this.estimator.estimate(plan).rows <= this.options.gatherMaxRows;
    // Few values are mostly those that a correlated subquery is asked for, which every worker needs: no detour over one of them.
    if (plan.on === null && few) return { plan: withInputs(plan, [exchange(reduced, { kind: 'broadcast' }, true)]), partitioning: REPLICATED };
    if (keys.length === 0 || few) return { plan: withInputs(plan, [exchange(reduced, { kind: 'gather' }, true)]), partitioning: SINGLE };
    return { plan: withInputs(plan, [exchange(reduced, { kind: 'hash', keys }, true)]), partitioning: hashed(keys) };
  }

  #sort(plan: Sort): Distributed {
    const below = this.visit(plan.input);
    const cut = plan.limit === null || !isSpread(below.partitioning) ? below.plan : sort({ ...plan, input: below.plan, limit: plan.limit + plan.offset, offset: 0 });
    return { plan: withInputs(plan, [this.single({ ...below, plan: cut })]), partitioning: SINGLE };
  }

  #limit(plan: Limit): Distributed {
    const below = this.visit(plan.input);
    const cut = plan.limit === null || !isSpread(below.partitioning) ? below.plan : limit({ input: below.plan, limit: plan.limit + plan.offset, offset: 0 });
    return { plan: withInputs(plan, [this.single({ ...below, plan: cut })]), partitioning: SINGLE };
  }

  #setOperation(plan: SetOperation): Distributed {
    if (plan.operation === 'UNION' && !plan.all) return this.visit(distinct(setOperation({ ...plan, all: true })));
    const [left, right] = [this.visit(plan.left), this.visit(plan.right)];
    const kinds = [left.partitioning.kind, right.partitioning.kind];
    for (const same of [SINGLE, REPLICATED]) {
      if (kinds.every((kind) => kind === same.kind)) return { plan: withInputs(plan, [left.plan, right.plan]), partitioning: same };
    }
    if (plan.operation === 'UNION') return { plan: withInputs(plan, [this.spread(left), this.spread(right)]), partitioning: ANY };
    const keys = columnsOfPlan(plan);
    return { plan: withInputs(plan, [this.hashed(left, keys), this.hashed(right, keys)]), partitioning: hashed(keys) };
  }

  /** All calls of the node must find their partitions whole, so the exchange goes by what their PARTITION BYs share. */
  #window(plan: Window): Distributed {
    const below = this.visit(plan.input);
    const rebuilt = (input: Plan): Plan => window(input, plan.calls);
    const [first, ...rest] = plan.calls.map((call) => call.partitions.filter((key) => !isVolatile(key)));
    const shared = (first ?? []).filter((key) => rest.every((keys) => keys.some((other) => expressionKey(other) === expressionKey(key))));
    // Ties may fall either way, so workers with the same rows need not number them alike.
    if (!isSpread(below.partitioning)) return { plan: rebuilt(below.plan), partitioning: SINGLE };
    if (shared.length === 0) return { plan: rebuilt(exchange(below.plan, { kind: 'gather' }, true)), partitioning: SINGLE };
    if (colocates(below.partitioning, shared)) return { plan: rebuilt(below.plan), partitioning: below.partitioning };
    return { plan: rebuilt(exchange(below.plan, { kind: 'hash', keys: shared }, true)), partitioning: hashed(shared) };
  }
}
