/**
 * On how many workers each stage runs. A fragment costs some milliseconds whatever its rows (binding and planning its
 * SQL, a stream from each producer to each consumer), so a stage gets one for each portion of rows worth that, and the
 * workers at most. Between two stages of one fragment each nothing has to move: they become one.
 */
import { defined } from '@pappus/core';
import { exchange, withInputs } from '../build.ts';
import type { DistributedTree } from '../distribute/distribution.ts';
import type { DistributionOptions } from '../distribute/options.ts';
import { bytesOf, type Estimator } from '../estimate.ts';
import { inputsOf, type Plan } from '../node.ts';
import { isSpread } from '../partitioning.ts';

/** What stands between exchanges, by its topmost node. */
interface Piece {
  readonly root: Plan;
  readonly spread: boolean;
  /** Fragments that its rows are worth. */
  readonly portions: number;
  /** Shared plans whose fragments keep their rows on the way into this piece, so that both need as many. */
  readonly forwards: readonly number[];
}

export interface SizedTree {
  readonly tree: DistributedTree;
  /** By the topmost node of each stage. */
  readonly fragments: ReadonlyMap<Plan, number>;
}

export function sizeStages(tree: DistributedTree, estimator: Estimator, options: DistributionOptions): SizedTree {
  const merged = mergeSingles(tree, fragmentsOf(tree, estimator, options));
  return { tree: merged, fragments: fragmentsOf(merged, estimator, options) };
}

function fragmentsOf(tree: DistributedTree, estimator: Estimator, options: DistributionOptions): ReadonlyMap<Plan, number> {
  const pieces = new Map<Plan, Piece>();
  const collect = (root: Plan, spread: boolean): void => {
    if (!pieces.has(root)) pieces.set(root, pieceOf(root, spread, tree, estimator, options, collect));
  };
  collect(tree.root.plan, isSpread(tree.root.partitioning));
  for (const shared of tree.shared.values()) collect(shared.plan, isSpread(shared.partitioning));
  return withPartners([...pieces.values()], tree, options.workers);
}

function pieceOf(root: Plan, spread: boolean, tree: DistributedTree, estimator: Estimator, options: DistributionOptions, collect: (root: Plan, spread: boolean) => void): Piece {
  const forwards: number[] = [];
  let portions = 1;
  const weigh = (node: Plan): void => void (portions = Math.max(portions, portionsOf(node, estimator, options)));
  const visit = (node: Plan): void => {
    switch (node.kind) {
      case 'exchange':
        if (node.input.kind !== 'shared') collect(node.input, node.spread);
        // What every fragment gets does not become less by more of them.
        if (node.routing.kind !== 'broadcast') weigh(node);
        return;
      case 'shared':
        if (isSpread(defined(tree.shared.get(node.id), `shared plan ${node.id}`).partitioning)) forwards.push(node.id);
        return weigh(node);
      case 'scan':
        return node.split ? weigh(node) : undefined;
      default:
        weigh(node);
        inputsOf(node).forEach(visit);
    }
  };
  visit(root);
  return { root, spread, portions, forwards };
}

function portionsOf(node: Plan, estimator: Estimator, { workers, fragmentMinRows, fragmentMinBytes }: DistributionOptions): number {
  if (fragmentMinRows === 0) return workers;
  const estimate = estimator.estimate(node);
  return Math.ceil(Math.max(estimate.rows / fragmentMinRows, bytesOf(estimate) / fragmentMinBytes));
}

/** Pieces between which rows stay where they are get the number of the largest among them. */
function withPartners(pieces: readonly Piece[], tree: DistributedTree, workers: number): ReadonlyMap<Plan, number> {
  const sizes = new Map(pieces.map(({ root, spread, portions }) => [root, spread ? Math.min(Math.max(portions, 1), workers) : 1]));
  const size = (root: Plan): number => defined(sizes.get(root), 'size of a stage');
  for (let changed = true; changed; ) {
    changed = false;
    for (const piece of pieces.filter(({ spread }) => spread)) {
      for (const id of piece.forwards) {
        const source = defined(tree.shared.get(id), `shared plan ${id}`).plan;
        const larger = Math.max(size(piece.root), size(source));
        changed ||= size(piece.root) !== larger || size(source) !== larger;
        sizes.set(piece.root, larger).set(source, larger);
      }
    }
  }
  return sizes;
}

function mergeSingles(tree: DistributedTree, fragments: ReadonlyMap<Plan, number>): DistributedTree {
  const isOne = (root: Plan): boolean => fragments.get(root) === 1;
  const rewritten = (node: Plan, inOne: boolean): Plan => {
    if (node.kind !== 'exchange') return withInputs(node, inputsOf(node).map((input) => rewritten(input, inOne)));
    if (node.input.kind === 'shared') return node;
    const input = rewritten(node.input, isOne(node.input));
    return inOne && isOne(node.input) ? input : exchange(input, node.routing, node.spread);
  };
  const stage = <T extends { readonly plan: Plan }>(part: T): T => ({ ...part, plan: rewritten(part.plan, isOne(part.plan)) });
  return { root: stage(tree.root), shared: new Map([...tree.shared].map(([id, shared]) => [id, stage(shared)])) };
}
