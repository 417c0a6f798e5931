/**
 * Cuts a distributed plan at its exchanges. The part below an exchange is a stage; a shared plan is a stage with one
 * outgoing edge for each of its uses, each with its own routing.
 */
import { AppError, assert, defined } from '@pappus/core';
import type { ColumnType } from '../../engine/fragment.ts';
import { exchange } from '../build.ts';
import { isNameable } from '../duckdb/types.ts';
import type { Distributed, DistributedTree } from '../distribute/distribution.ts';
import { isSpread } from '../partitioning.ts';
import { bytesOf, type Estimator } from '../estimate.ts';
import type { Expression } from '../expression.ts';
import { inputsOf, type Exchange, type ExchangeRouting, type Plan, type Scan, type Shared } from '../node.ts';
import { hashWorker, printPlan, type Leaves } from '../print.ts';
import type { SizedTree } from './fragments.ts';
import { scanRanges } from './scan-ranges.ts';
import type { EdgeRouting, Stage, StageEdge, StageInput, StageOutput, StagePlan, StageScan } from './stage.ts';

export const WORKER_MACRO = 'pappus_worker()';

/** How a stage's SQL reads an edge: a table function of the engine. */
export const inputSql = (edge: number): string => `pappus_input(${edge})`;

interface Outgoing {
  readonly edge: number;
  readonly routing: EdgeRouting;
  readonly keys: readonly Expression[];
  /** Fragments of the stage that it leads to. */
  readonly consumers: number;
}

interface Draft {
  readonly source: Distributed;
  readonly outgoing: Outgoing[];
  readonly consumers: (number | null)[];
}

export function cutIntoStages(sized: SizedTree, columns: readonly ColumnType[], estimator: Estimator): StagePlan {
  return new Cut(sized, estimator).run(columns);
}

class Cut {
  readonly #tree: DistributedTree;
  readonly #estimator: Estimator;
  readonly #fragments: ReadonlyMap<Plan, number>;
  readonly #stages: Stage[] = [];
  readonly #edges: StageEdge[] = [];
  /** Stages of shared plans that were met, printed once all their uses are known. */
  readonly #drafts = new Map<number, Draft>();
  #nextEdge = 0;
  #nextStage = 0;

  constructor({ tree, fragments }: SizedTree, estimator: Estimator) {
    this.#tree = tree;
    this.#estimator = estimator;
    this.#fragments = fragments;
  }

  run(columns: readonly ColumnType[]): StagePlan {
    const resultEdge = this.#nextEdge++;
    const root = this.#stage(this.#tree.root, [{ edge: resultEdge, routing: 'result', keys: [], consumers: 1 }], columns);
    this.#edges.push({ id: resultEdge, routing: 'result', producer: root, consumer: null });
    // A shared plan may use others of a lower id only, so from the highest down every use is known in time.
    for (const id of [...this.#tree.shared.keys()].sort((a, b) => b - a)) this.#sharedStage(id);
    return { stages: this.#inOrder(), edges: this.#edges, resultEdge, columns, wholeReason: null };
  }

  #sharedStage(id: number): void {
    const draft = this.#drafts.get(id);
    if (draft === undefined) return;
    const producer = this.#stage(draft.source, draft.outgoing, null);
    draft.outgoing.forEach((out, index) => this.#edges.push({ id: out.edge, routing: out.routing, producer, consumer: draft.consumers[index] ?? null }));
  }

  /** Prints a stage and, before it, those that it reads from. Returns its number. */
  #stage(source: Distributed, outgoing: readonly Outgoing[], columns: readonly ColumnType[] | null): number {
    const id = this.#nextStage++;
    const collected = { scans: [] as StageScan[], inputs: [] as StageInput[] };
    const body = printPlan(source.plan, this.#leaves(id, collected, source.plan));
    const outputs = this.#outputs(source.plan, outgoing);
    if (!source.plan.types.every(isNameable)) throw new AppError('unsupported', 'sending values of a row type without field names');
    const names = columns ?? source.plan.types.map((type, index) => ({ name: `c${index}`, type }));
    const estimate = this.#estimator.estimate(source.plan);
    this.#stages.push({
      id,
      sql: routed(body, source.plan.types.length, outgoing),
      columns: names.map((name, index) => ({ name: name.name, type: source.plan.types[index] ?? name.type })),
      fragments: this.#fragmentsOf(source.plan),
      ordered: endsSorted(source.plan),
      scans: collected.scans,
      inputs: collected.inputs,
      outputs,
      estimatedRows: Math.round(estimate.rows),
      estimatedBytes: Math.round(bytesOf(estimate)),
    });
    return id;
  }

  #outputs(plan: Plan, outgoing: readonly Outgoing[]): StageOutput[] {
    let next = plan.types.length;
    return outgoing.map(({ edge, routing }) => ({ edge, routing, column: routing === 'hash' ? next++ : null }));
  }

  #leaves(stage: number, collected: { readonly scans: StageScan[]; readonly inputs: StageInput[] }, source: Plan): Leaves {
    const ranges = scanRanges(source);
    const fragments = this.#fragmentsOf(source);
    const input = (edge: number, types: readonly string[]): string => {
      collected.inputs.push({ edge, table: null, columns: types.map((type, index) => ({ name: `c${index}`, type })) });
      return inputSql(edge);
    };
    return {
      worker: WORKER_MACRO,
      workers: String(fragments),
      scan: (plan: Scan) => {
        const view = `scan_${stage}_${collected.scans.length}`;
        collected.scans.push({ view, table: plan.table, columns: plan.columns.map((name, index) => ({ name, type: plan.types[index] ?? '' })), split: plan.split, ranges: ranges.get(plan) ?? [] });
        return view;
      },
      input: (plan) => input(this.#incoming(plan, { stage, fragments }), plan.types),
    };
  }

  /** The edge behind a leaf; makes the producing stage, unless that is a shared one. */
  #incoming(leaf: Exchange | Shared, consumer: { readonly stage: number; readonly fragments: number }): number {
    const moved = leaf.kind === 'exchange' ? leaf : exchange(leaf, { kind: 'forward' }, isSpread(defined(this.#tree.shared.get(leaf.id), 'shared plan').partitioning));
    const edge = this.#nextEdge++;
    const outgoing = { edge, routing: moved.routing.kind, keys: keysOf(moved.routing), consumers: consumer.fragments };
    if (moved.input.kind === 'shared') {
      const draft = this.#draft(moved.input.id);
      draft.outgoing.push(outgoing);
      draft.consumers.push(consumer.stage);
      return edge;
    }
    const producer = this.#stage({ plan: moved.input, partitioning: { kind: moved.spread ? 'any' : 'single' } }, [outgoing], null);
    this.#edges.push({ id: edge, routing: outgoing.routing, producer, consumer: consumer.stage });
    return edge;
  }

  #fragmentsOf(source: Plan): number {
    return defined(this.#fragments.get(source), 'fragments of a stage');
  }

  #draft(id: number): Draft {
    const known = this.#drafts.get(id);
    if (known !== undefined) return known;
    const fresh: Draft = { source: defined(this.#tree.shared.get(id), `shared plan ${id}`), outgoing: [], consumers: [] };
    this.#drafts.set(id, fresh);
    return fresh;
  }

  /** Producers before consumers, renumbered in that order. */
  #inOrder(): Stage[] {
    const byId = new Map(this.#stages.map((stage) => [stage.id, stage]));
    const producerOf = new Map(this.#edges.map((edge) => [edge.id, edge.producer]));
    const ordered: Stage[] = [];
    const seen = new Set<number>();
    const visit = (id: number): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const stage = defined(byId.get(id), `stage ${id}`);
      for (const input of stage.inputs) visit(defined(producerOf.get(input.edge), `producer of edge ${input.edge}`));
      ordered.push(stage);
    };
    this.#stages.forEach((stage) => visit(stage.id));
    assert(ordered.length === this.#stages.length, 'stages lost in ordering');
    return ordered;
  }
}

const keysOf = (routing: ExchangeRouting): readonly Expression[] => (routing.kind === 'hash' ? routing.keys : []);

/** Adds a column behind the data for each hash output: the number of the consuming fragment. */
function routed(body: string, width: number, outgoing: readonly Outgoing[]): string {
  const targets = outgoing.filter((out) => out.routing === 'hash').map((out, index) => `CAST(${hashWorker(out.keys, String(out.consumers))} AS USMALLINT) AS p${index}`);
  if (targets.length === 0) return body;
  const columns = Array.from({ length: width }, (_, index) => `c${index}`);
  return `SELECT ${[...columns, ...targets].join(', ')} FROM (${body}) AS t`;
}

/** Whether the rows of a plan leave it sorted: a sort at the top, below projections at most. */
function endsSorted(plan: Plan): boolean {
  if (plan.kind === 'sort') return true;
  return (plan.kind === 'project' || plan.kind === 'limit') && inputsOf(plan).every(endsSorted);
}
