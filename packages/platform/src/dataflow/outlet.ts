/**
 * The outputs of an invocation on their way to the client, item by item: each as soon as nothing can come before it any
 * more. Runs end in any order, but which of them are under way or still to come is known, and so is the first place that
 * any of them may give items to.
 */
import type { ApplicationState } from './application-state.ts';
import type { OutputSink } from './flow.ts';
import type { FlowMeter } from './flow-meter.ts';
import { compareOrders, firstOrder, type Order } from './order.ts';
import type { Plan } from './plan.ts';
import type { Part, SetState } from './set-state.ts';

export interface OutletOptions {
  readonly plan: Plan;
  readonly sink: OutputSink;
  readonly sets: readonly SetState[];
  readonly applications: readonly ApplicationState[];
  readonly meter: FlowMeter;
  readonly letGo: (part: Part) => void;
  /** The client has read so much that something may start again. */
  readonly onRoom: () => void;
}

export class Outlet {
  readonly #options: OutletOptions;
  /** Parts that wait for their turn. */
  #waiting = 0;
  #handing = false;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** A part that was added to an output. */
  enter(part: Part): void {
    this.#waiting++;
    this.#options.meter.enter(part);
  }

  handOverAll(): void {
    if (this.#waiting === 0) return;
    this.#options.sets.forEach(({ leaving }, set) => {
      if (leaving !== null && leaving.size > 0) this.handOver(set);
    });
  }

  /** Gives the sink what is final of an output. */
  handOver(set: number): void {
    const { meter, sink, plan } = this.#options;
    const parts = this.#take(set);
    if (parts.length === 0) return;
    for (const { bytes } of parts) meter.handOver(bytes);
    const items = parts.length === 1 ? (parts[0] as Part).items : parts.flatMap((part) => part.items);
    const outputs = plan.graph.outputs.flatMap((output, index) => (output === set ? [index] : []));
    let unsent = outputs.length;
    const sent = (): void => {
      unsent--;
      if (unsent === 0) this.#onSent(parts);
    };
    this.#handing = true;
    for (const output of outputs) sink.take(output, items, sent);
    this.#handing = false;
  }

  #take(set: number): readonly Part[] {
    const leaving = this.#options.sets[set]?.leaving ?? null;
    const frontier = this.#frontier(set);
    const parts: Part[] = [];
    for (;;) {
      const part = leaving?.first() ?? null;
      if (part === null || (frontier !== null && compareOrders(part.order, frontier) >= 0)) return parts;
      leaving?.shift();
      this.#waiting--;
      this.#options.meter.leave(part);
      parts.push(part);
    }
  }

  #onSent(parts: readonly Part[]): void {
    const { meter, letGo, onRoom } = this.#options;
    const wasHeld = meter.isUnsent;
    for (const part of parts) {
      meter.handedOver(part.bytes);
      letGo(part);
    }
    // Whoever hands over looks what can start afterwards.
    if (wasHeld && !meter.isUnsent && !this.#handing) onRoom();
  }

  /** What the set may still get stands here or behind; null: it gets nothing more. */
  #frontier(set: number): Order | null {
    const { sets, plan, applications } = this.#options;
    let first: Order | null = null;
    let at = set;
    for (;;) {
      const { complete, added } = sets[at] as SetState;
      if (complete) return first;
      const producer = plan.producers[at] ?? null;
      if (producer === null) return firstOrder(first, [added]);
      const application = applications[producer] as ApplicationState;
      const { streamed, inputs } = application.planned;
      if (streamed === null && application.phase !== 'open') return [];
      first = firstOrder(first, application.firstOrder);
      if (streamed === null || application.sourceEnded) return first;
      at = inputs[streamed]?.set ?? 0;
    }
  }
}
