/** Flows by what they have had, least first: a binary heap in which a flow knows its own place. */

export interface HeapFlow {
  /** What the flow has had, in µs, counted so that it begins where the others are. */
  virtualUs: number;
  /** Its place in the heap; -1 outside. */
  place: number;
}

export class FlowHeap<F extends HeapFlow> {
  readonly #flows: F[] = [];

  get top(): F | null {
    return this.#flows[0] ?? null;
  }

  add(flow: F): void {
    if (flow.place >= 0) return;
    flow.place = this.#flows.length;
    this.#flows.push(flow);
    this.#rise(flow);
  }

  remove(flow: F): void {
    const { place } = flow;
    if (place < 0) return;
    const last = this.#flows.pop() as F;
    flow.place = -1;
    if (last === flow) return;
    this.#put(last, place);
    this.moved(last);
  }

  /** After a change of `virtualUs`. */
  moved(flow: F): void {
    if (flow.place < 0) return;
    this.#rise(flow);
    this.#sink(flow);
  }

  #put(flow: F, place: number): void {
    this.#flows[place] = flow;
    flow.place = place;
  }

  #rise(flow: F): void {
    while (flow.place > 0) {
      const parentPlace = (flow.place - 1) >> 1;
      const parent = this.#flows[parentPlace] as F;
      if (parent.virtualUs <= flow.virtualUs) return;
      this.#put(parent, flow.place);
      this.#put(flow, parentPlace);
    }
  }

  #sink(flow: F): void {
    for (;;) {
      const left = this.#flows[flow.place * 2 + 1];
      const right = this.#flows[flow.place * 2 + 2];
      const child = right !== undefined && left !== undefined && right.virtualUs < left.virtualUs ? right : left;
      if (child === undefined || child.virtualUs >= flow.virtualUs) return;
      const { place } = flow;
      this.#put(flow, child.place);
      this.#put(child, place);
    }
  }
}
