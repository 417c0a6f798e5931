/** A run on its way: what it needs, and where its results belong. */
import type { Sets } from '../sets/item.ts';
import type { ApplicationState, Batch, Place } from './application-state.ts';
import type { Dataflow } from './dataflow.ts';
import type { Lane, Slot, Startable } from './lane.ts';
import type { FusedSegment } from './plan.ts';
import type { RunOutputs } from './run-sequence.ts';

/** By step of the segment, or of the only application; null for what was left to the dispatcher. */
export type TaskOutputs = readonly (RunOutputs | null)[];

export interface TaskRunner {
  run(task: RunTask, lane: Lane, slot: Slot): void;
}

export interface RunTaskFields {
  readonly runner: TaskRunner;
  readonly dataflow: Dataflow;
  readonly state: ApplicationState;
  readonly batch: Batch;
  readonly place: Place;
  readonly inputs: Sets;
  /** Null for I/O. */
  readonly fused: FusedSegment | null;
  /** Counts the runs of the application. */
  readonly run: number;
}

export class RunTask implements Startable {
  readonly dataflow: Dataflow;
  readonly state: ApplicationState;
  readonly batch: Batch;
  readonly place: Place;
  readonly inputs: Sets;
  readonly fused: FusedSegment | null;
  readonly run: number;
  readonly #runner: TaskRunner;

  constructor({ runner, dataflow, state, batch, place, inputs, fused, run }: RunTaskFields) {
    this.#runner = runner;
    this.dataflow = dataflow;
    this.state = state;
    this.batch = batch;
    this.place = place;
    this.inputs = inputs;
    this.fused = fused;
    this.run = run;
  }

  start(lane: Lane, slot: Slot): void {
    this.#runner.run(this, lane, slot);
  }
}
