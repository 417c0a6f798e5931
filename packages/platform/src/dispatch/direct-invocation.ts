/** A function that is invoked by itself: one run, on the shortest way to an engine and back. */
import type { SegmentResult, SegmentTask } from '../engine/compute-engine.ts';
import type { Sets } from '../sets/item.ts';
import { Invocation, type DispatchServices, type InvocationRequest } from './invocation.ts';
import type { Lane, Slot, Startable } from './lane.ts';
import { itemNames } from './outcome.ts';
import type { FunctionPlan } from './plan.ts';
import { compute } from './run-compute.ts';
import { recordSegment } from './segment-spans.ts';

export class DirectInvocation extends Invocation implements Startable {
  readonly #plan: FunctionPlan;
  #isWaiting = true;
  #submittedMs = 0;

  constructor(request: InvocationRequest, plan: FunctionPlan, services: DispatchServices) {
    super(request, services);
    this.#plan = plan;
  }

  begin(): void {
    const lane = this.services.lane('compute');
    lane.addWaiting(1);
    lane.offer(this);
  }

  pull(): Startable | null {
    if (!this.#isWaiting || !this.services.functions.acquire(this.#plan.segment.functions, this)) return null;
    this.#leaveLine();
    return this;
  }

  start(lane: Lane, slot: Slot): void {
    const { invocation, inputs, stdio, traced } = this.request;
    const task: SegmentTask = { invocation, segment: this.#plan.segment.segment, inputs, stdio, traced };
    this.tasks += 1;
    if (traced) this.#submittedMs = this.services.clock.nowMs();
    compute(this.services, this.#plan.callee, task, this.signal).then(
      (result) => this.#computed(result, lane, slot),
      (error: unknown) => {
        this.#leave(lane, slot, 0);
        this.cancel(error);
        this.services.pump();
      },
    );
  }

  protected abandon(): void {
    if (!this.#isWaiting) return;
    this.#leaveLine();
    this.services.lane('compute').withdraw(this);
    this.services.functions.withdraw(this);
  }

  #leaveLine(): void {
    this.#isWaiting = false;
    this.services.lane('compute').addWaiting(-1);
  }

  #computed(result: SegmentResult, lane: Lane, slot: Slot): void {
    this.#leave(lane, slot, result.busyUs);
    const { name } = this.#plan.callee;
    for (const { log } of result.logs) this.services.log({ invocation: this.id, function: name, application: '0', log });
    if (!this.isOver) this.#settle(result);
    this.services.pump();
  }

  #settle(result: SegmentResult): void {
    const { callee } = this.#plan;
    this.busyUs = result.busyUs;
    if (this.recorder !== null) {
      const { startedMs, services } = this;
      const names = [{ application: '0', function: callee.name, run: 0 }];
      recordSegment(this.recorder, { result, names, readyUs: 0, queueUs: (this.#submittedMs - startedMs) * 1e3, endUs: (services.clock.nowMs() - startedMs) * 1e3 });
    }
    if (result.kind === 'failed') {
      this.fail({ invocation: this.id, function: callee.name, application: '0', run: 0, items: itemNames(this.request.inputs), failure: result.failure });
      return;
    }
    const outputs = (result.outputs[0] ?? []) as Sets;
    if (this.deliversItems) outputs.forEach(({ items }, output) => this.deliver(output, items));
    this.finish(outputs);
  }

  #leave(lane: Lane, slot: Slot, busyUs: number): void {
    lane.finished(slot, busyUs);
    this.services.functions.release(this.#plan.segment.functions);
  }
}
