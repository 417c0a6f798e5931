/** A plan that runs, as the dispatcher sees it: it says which runs can start, and is told what came of them. */
import type { SegmentResult } from '../engine/compute-engine.ts';
import type { Item, Sets } from '../sets/item.ts';
import type { FlowLimits, InputSource, OutputSink } from './flow.ts';
import type { InvocationFailure } from './failure.ts';
import type { Callee, Plan, PlannedApplication, Unit } from './plan.ts';

/** One run, to be started by whoever asked for it. */
export interface Run {
  readonly planned: PlannedApplication;
  /** Which run of its application it is, as they started. */
  readonly number: number;
  readonly inputs: Sets;
}

export type InvocationResult =
  | { readonly kind: 'done'; readonly outputs: Sets }
  | { readonly kind: 'failed'; readonly failure: InvocationFailure };

/** Bytes of items that are alive, in one invocation of a client and all that run inside it. */
export interface LiveBytes {
  bytes: number;
}

export interface InvocationOptions {
  readonly plan: Plan;
  /** In the plan's order of inputs. */
  readonly inputs: Sets;
  /** Brings more items for the inputs, until it ends them; null: `inputs` is all there is. */
  readonly source: InputSource | null;
  /** Takes the outputs as they become final; the result then has no items of them. */
  readonly sink: OutputSink | null;
  readonly flow: FlowLimits;
  readonly live: LiveBytes;
  /** More may start than before, though no run has ended. */
  readonly onRoom: () => void;
  /** Compositions around this one, from the outermost in. */
  readonly path: readonly string[];
  readonly onEnd: (result: InvocationResult) => void;
}

/** Whether a run of the function may start now. */
export type Admit = (callee: Callee) => boolean;

export interface RunningPlan {
  readonly plan: Plan;
  /** Compositions around it, from the outermost in. */
  readonly path: readonly string[];
  readonly isEnded: boolean;
  /** Makes what can start known; ends at once where there is nothing to do. */
  begin(): void;
  /** Items of an input, of one that has a source. */
  addInput(set: number, items: readonly Item[]): void;
  /** Nothing more comes from the source. */
  endInputs(): void;
  /** The run nearest to the outputs, of a callee of this kind that may run now, or null. */
  next(kind: Callee['kind'], admit: Admit): Run | null;
  canStart(kind: Callee['kind']): boolean;
  /** How many of them could start now, if there was room for all. */
  runsLeft(kind: Callee['kind']): number;
  /** What has begun and not ended: functions as the composition calls them, those that follow one another on a thread together. */
  underWay(): readonly string[];
  /** The unit that a run is the head of, or null for I/O and compositions. */
  unitOf(run: Run): Unit | null;
  /** A run that was a task of its own: an I/O function, a composition, a kept result. */
  finished(run: Run, outputs: Sets): void;
  /** A run and those that followed on its thread. */
  segmentDone(run: Run, unit: Unit, result: Extract<SegmentResult, { kind: 'done' }>): void;
  /** Ends it, unless it has ended. */
  fail(failure: InvocationFailure): void;
  /** `planned`: which application of the run's unit it was; else the run's own. */
  failRun(run: Run, reason: InvocationFailure['reason'], planned?: PlannedApplication): void;
}

/** The failure of a run, with its place and the first items that it had. */
export function failureOfRun({ plan, path }: RunningPlan, run: Run, reason: InvocationFailure['reason'], planned: PlannedApplication = run.planned): InvocationFailure {
  const items = run.inputs.flatMap((set) => set.items.slice(0, 1).map(({ name }) => name));
  return { function: planned.callee.name, path: [...path, plan.name], application: planned.index, items, reason };
}
