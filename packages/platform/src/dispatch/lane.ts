/**
 * Who starts next: one lane for what threads compute, one for I/O. Each has so many slots, and gives a free one to the
 * composition that has had least time so far (start-time fair queueing: a composition that comes back begins where the
 * others are, so that waiting saves nothing up). Within a composition the invocations take turns; which of its runs an
 * invocation starts is its own choice.
 */
import { assert } from '@pappus/core';
import { FlowHeap, type HeapFlow } from './flow-heap.ts';
import { FIRST_ESTIMATE_US, MAX_IDLE_FLOWS } from './limits.ts';

export type LaneKind = 'compute' | 'io';

/** An invocation, as a lane sees it. */
export interface Job {
  /** The composition or function that is invoked: invocations of one share its part. */
  readonly flowName: string;
  /** The next run to start, or null when there is none now; it is then offered again when there is. */
  pull(lane: LaneKind): Startable | null;
}

export interface Startable {
  /** Takes a slot until `lane.finished(slot, …)`. */
  start(lane: Lane, slot: Slot): void;
}

/** What a started run occupies. */
export interface Slot {
  readonly flow: Flow;
  readonly chargedUs: number;
}

interface Flow extends HeapFlow {
  readonly name: string;
  /** Those that may have something to start; a Set keeps the order in which they joined. */
  readonly jobs: Set<Job>;
  running: number;
  /** What its runs take, smoothed. */
  estimateUs: number;
}

const SMOOTHING = 0.1;

export class Lane {
  readonly kind: LaneKind;
  readonly #flows = new Map<string, Flow>();
  readonly #heap = new FlowHeap<Flow>();
  /** Looks for runs that could start now though nobody has said so; true when there are some. */
  readonly #wake: () => boolean;
  #slots: number;
  #running = 0;
  #started = 0;
  #waiting = 0;
  #virtualUs = 0;
  #estimateUs = FIRST_ESTIMATE_US;
  #pumping = false;

  constructor(kind: LaneKind, slots: number, wake: () => boolean = () => false) {
    this.kind = kind;
    this.#slots = slots;
    this.#wake = wake;
  }

  get slots(): number {
    return this.#slots;
  }

  get running(): number {
    return this.#running;
  }

  /** Runs that could start but for a slot. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What a run takes on this lane, smoothed. */
  get estimateUs(): number {
    return this.#estimateUs;
  }

  get flowCount(): number {
    return this.#flows.size;
  }

  setSlots(slots: number): void {
    this.#slots = slots;
  }

  addWaiting(runs: number): void {
    this.#waiting += runs;
    assert(this.#waiting >= 0, `${this.#waiting} runs wait`);
  }

  /** The job may have something to start. Nothing starts before `pump`. */
  offer(job: Job): void {
    const flow = this.#flow(job.flowName);
    flow.jobs.add(job);
    if (flow.place >= 0) return;
    flow.virtualUs = Math.max(flow.virtualUs, this.#virtualUs);
    this.#heap.add(flow);
  }

  /** The job is over. */
  withdraw(job: Job): void {
    const flow = this.#flows.get(job.flowName);
    if (flow?.jobs.delete(job) === true && flow.jobs.size === 0) this.#heap.remove(flow);
  }

  /** Starts what can be started; true when something was. */
  pump(): boolean {
    if (this.#pumping) return false;
    this.#pumping = true;
    const before = this.#started;
    try {
      while (this.#running < this.#slots && (this.#startNext() || this.#wake()));
    } finally {
      this.#pumping = false;
    }
    return this.#started > before;
  }

  /** Frees a slot; `tookUs` is what the run really took. */
  finished({ flow, chargedUs }: Slot, tookUs: number): void {
    this.#running -= 1;
    flow.running -= 1;
    flow.virtualUs += tookUs - chargedUs;
    flow.estimateUs += (tookUs - flow.estimateUs) * SMOOTHING;
    this.#estimateUs += (tookUs - this.#estimateUs) * SMOOTHING;
    this.#heap.moved(flow);
  }

  /** Looks at one job; false when there is none. */
  #startNext(): boolean {
    const flow = this.#heap.top;
    if (flow === null) return false;
    const [job] = flow.jobs;
    assert(job !== undefined, `a flow without a job: ${flow.name}`);
    flow.jobs.delete(job);
    const startable = job.pull(this.kind);
    if (startable === null) {
      if (flow.jobs.size === 0) this.#heap.remove(flow);
      return true;
    }
    flow.jobs.add(job);
    this.#virtualUs = Math.max(this.#virtualUs, flow.virtualUs);
    const chargedUs = flow.estimateUs;
    flow.virtualUs += chargedUs;
    this.#heap.moved(flow);
    this.#started += 1;
    this.#running += 1;
    flow.running += 1;
    startable.start(this, { flow, chargedUs });
    return true;
  }

  #flow(name: string): Flow {
    const known = this.#flows.get(name);
    if (known !== undefined) return known;
    if (this.#flows.size >= MAX_IDLE_FLOWS) this.#forget();
    const flow: Flow = { name, jobs: new Set(), running: 0, estimateUs: this.#estimateUs, virtualUs: this.#virtualUs, place: -1 };
    this.#flows.set(name, flow);
    return flow;
  }

  /** Flows that do nothing, first those that have no more than the others: nothing is lost with them. */
  #forget(): void {
    const idle = [...this.#flows.values()].filter(({ place, running }) => place < 0 && running === 0);
    const excess = idle.filter(({ virtualUs }) => virtualUs > this.#virtualUs).sort((a, b) => b.virtualUs - a.virtualUs);
    const kept = new Set(excess.slice(0, MAX_IDLE_FLOWS / 2));
    for (const flow of idle) if (!kept.has(flow)) this.#flows.delete(flow.name);
  }
}
