/** Cycles in graphs of applications and of compositions, and the order in which those without one come. */

/** For each node its successors. */
export type Edges = readonly (readonly number[])[];

/** Cycles that have no node in common, each from its smallest node on, until none is left or there are `most`. */
export function findCycles(edges: Edges, most: number): readonly (readonly number[])[] {
  const live = new Set(edges.keys());
  const backward = reversed(edges);
  const cycles: (readonly number[])[] = [];
  for (;;) {
    trim(live, edges, backward);
    trim(live, backward, edges);
    const [start] = live;
    if (start === undefined || cycles.length >= most) return cycles;
    const cycle = walk(start, edges, live);
    cycles.push(fromSmallest(cycle));
    for (const node of cycle) live.delete(node);
  }
}

/** Removes nodes that nothing live leads to, again and again: what is left is reached from a cycle. */
function trim(live: Set<number>, forward: Edges, backward: Edges): void {
  const incoming = backward.map((nodes) => nodes.filter((node) => live.has(node)).length);
  const ready = [...live].filter((node) => incoming[node] === 0);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    live.delete(node);
    for (const next of forward[node] ?? []) {
      incoming[next] = (incoming[next] ?? 0) - 1;
      if (incoming[next] === 0 && live.has(next)) ready.push(next);
    }
  }
}

/** Follows live successors until one comes again. Every live node has one. */
function walk(start: number, edges: Edges, live: ReadonlySet<number>): readonly number[] {
  const places = new Map<number, number>();
  const path: number[] = [];
  let node: number | undefined = start;
  while (node !== undefined && !places.has(node)) {
    places.set(node, path.length);
    path.push(node);
    node = edges[node]?.find((next) => live.has(next));
  }
  return path.slice(node === undefined ? 0 : places.get(node));
}

function fromSmallest(cycle: readonly number[]): readonly number[] {
  const first = cycle.indexOf(cycle.reduce((least, node) => Math.min(least, node), Infinity));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}

function reversed(edges: Edges): Edges {
  const backward = edges.map((): number[] => []);
  for (const [from, nexts] of edges.entries()) for (const to of nexts) backward[to]?.push(from);
  return backward;
}

/** In the given order, except that what a node waits for comes right before it. There must be no cycle. */
export function topologicalOrder(edges: Edges): readonly number[] {
  const backward = reversed(edges);
  const order: number[] = [];
  const done = new Set<number>();
  for (const node of edges.keys()) visit(node, backward, done, order);
  return order;
}

/** Depth first along predecessors, with a stack of its own: a chain may be long. */
function visit(root: number, backward: Edges, done: Set<number>, order: number[]): void {
  if (done.has(root)) return;
  const stack = [{ node: root, next: 0 }];
  done.add(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = backward[top.node]?.[top.next];
    top.next += 1;
    if (before === undefined) order.push(stack.pop()?.node ?? root);
    else if (!done.has(before)) {
      done.add(before);
      stack.push({ node: before, next: 0 });
    }
  }
}
