/**
 * An invocation of a function alone, which most invocations are: one run on what the client sent, whose outputs are the
 * answer. It does what an `Invocation` of such a plan does where all comes and goes as a whole, without states for sets
 * and applications.
 */
import { assert, defined } from '@pappus/core';
import type { SegmentResult } from '../engine/compute-engine.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import type { InvocationFailure } from './failure.ts';
import { MAX_SET_ITEMS } from './limits.ts';
import type { Callee, Plan, PlannedApplication, Unit } from './plan.ts';
import { failureOfRun, type Admit, type InvocationOptions, type Run, type RunningPlan } from './running-plan.ts';

export class FunctionInvocation implements RunningPlan, Run {
  readonly plan: Plan;
  readonly path: readonly string[];
  readonly inputs: Sets;
  readonly number = 0;
  readonly #onEnd: InvocationOptions['onEnd'];
  #started = false;
  #ended = false;

  constructor({ plan, path, inputs, source, sink, onEnd }: InvocationOptions) {
    assert(plan.alone && source === null && sink === null, 'a function alone is invoked, as a whole');
    this.plan = plan;
    this.path = path;
    this.inputs = inputs;
    this.#onEnd = onEnd;
  }

  get planned(): PlannedApplication {
    return this.plan.applications[0] as PlannedApplication;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  begin(): void {}

  addInput(): void {
    assert(false, 'items for an invocation without a source');
  }

  endInputs(): void {
    assert(false, 'the end of a source that is not there');
  }

  next(kind: Callee['kind'], admit: Admit): Run | null {
    if (!this.canStart(kind) || !admit(this.planned.callee)) return null;
    this.#started = true;
    return this;
  }

  canStart(kind: Callee['kind']): boolean {
    return kind === 'compute' && !this.#started && !this.#ended;
  }

  runsLeft(kind: Callee['kind']): number {
    return Number(this.canStart(kind));
  }

  underWay(): readonly string[] {
    return this.#started && !this.#ended ? [this.planned.callee.name] : [];
  }

  unitOf(): Unit | null {
    return this.plan.units[0] ?? null;
  }

  finished(_run: Run, outputs: Sets): void {
    this.#finish(outputs);
  }

  segmentDone(_run: Run, _unit: Unit, { outputs }: Extract<SegmentResult, { kind: 'done' }>): void {
    this.#finish(outputs[0] ?? []);
  }

  fail(failure: InvocationFailure): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd({ kind: 'failed', failure });
  }

  failRun(run: Run, reason: InvocationFailure['reason'], planned?: PlannedApplication): void {
    this.fail(failureOfRun(this, run, reason, planned));
  }

  /** The names are the plan's: what comes from an engine is only believed in its bytes. */
  #finish(made: readonly (ItemSet | null)[]): void {
    if (this.#ended) return;
    const { graph } = this.plan;
    const outputs: ItemSet[] = [];
    for (let output = 0; output < graph.outputs.length; output++) {
      const name = defined(graph.sets[graph.outputs[output] as number], 'name of an output');
      const items = made[output]?.items ?? [];
      if (items.length > MAX_SET_ITEMS) return this.#failPlatform(`the set ${name} has more than ${MAX_SET_ITEMS} items`);
      outputs.push({ name, items });
    }
    this.#ended = true;
    this.#onEnd({ kind: 'done', outputs });
  }

  #failPlatform(message: string): void {
    this.fail({ function: null, path: [...this.path, this.plan.name], application: null, items: [], reason: { kind: 'set-items', message } });
  }
}
