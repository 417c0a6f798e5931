/**
 * What is known of a composition or function before it is invoked: callees resolved, who reads which set and how, and
 * which applications may run together in one segment. Made once for a version, then only read.
 */
import type { SetIndex, Signature } from '@pappus/composition';
import type { Segment } from '../engine/compute-engine.ts';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { IoFunction } from '../io/io-function.ts';
import type { PartitionShape } from './partition.ts';

export interface ComputeCallee {
  readonly kind: 'compute';
  readonly name: string;
  readonly hash: FunctionHash;
  readonly spec: FunctionSpec;
  /** Results are kept, so that each run has to be seen on its own. */
  readonly memoized: boolean;
}

export interface IoCallee {
  readonly kind: 'io';
  readonly name: string;
  readonly function: IoFunction;
}

/** A composition that is not flattened into its caller. */
export interface NestedCallee {
  readonly kind: 'composition';
  readonly name: string;
  readonly plan: Plan;
}

export type Callee = ComputeCallee | IoCallee | NestedCallee;

/** A segment, and which application each of its steps is; the first is the head. */
export interface FusedSegment {
  readonly segment: Segment;
  readonly applications: readonly number[];
  /** The functions in it, each once. */
  readonly functions: readonly ComputeCallee[];
}

/** An input whose items begin runs as they come, before their set is whole. */
export interface StreamedInput {
  /** Place in `PlanApplication.inputs`. */
  readonly input: number;
  /** `anyEach`: what comes together may run together. */
  readonly grouped: boolean;
}

/** Who takes the items of an output as they come. */
export interface StreamReader {
  readonly output: number;
  readonly application: number;
}

export interface PlanInput {
  readonly set: SetIndex;
  /** Among the callee's inputs. */
  readonly position: number;
}

export interface PlanApplication {
  readonly index: number;
  readonly callee: Callee;
  readonly inputs: readonly PlanInput[];
  readonly outputs: readonly (SetIndex | null)[];
  readonly streamed: StreamedInput | null;
  /** How the inputs that are not streamed become runs. */
  readonly shape: PartitionShape;
  /** Applications that take the outputs as they come. */
  readonly streamReaders: readonly StreamReader[];
  /** Nobody needs a whole output: making more of it may wait until what is there has been taken. */
  readonly pausable: boolean;
  /** What one run takes along when it is the only one, and when it is one of many. Null where no thread computes it. */
  readonly single: FusedSegment | null;
  readonly spread: FusedSegment | null;
}

export interface PlanSet {
  readonly name: string;
  /** Applications that read the whole set; each counts as often as it reads it. */
  readonly wholeReaders: readonly number[];
  readonly isOutput: boolean;
}

interface PlanHead {
  readonly name: string;
  readonly signature: Signature;
}

/** A function that is invoked directly: one run, whatever its sets hold. */
export interface FunctionPlan extends PlanHead {
  readonly kind: 'function';
  readonly callee: ComputeCallee;
  readonly segment: FusedSegment;
}

export interface GraphPlan extends PlanHead {
  readonly kind: 'graph';
  readonly applications: readonly PlanApplication[];
  readonly sets: readonly PlanSet[];
  /** How many of the sets are inputs; they are the first. */
  readonly inputs: number;
  readonly outputs: readonly SetIndex[];
  /** Applications, those next to the outputs first: the order in which runs start. */
  readonly order: readonly number[];
}

export type Plan = FunctionPlan | GraphPlan;
