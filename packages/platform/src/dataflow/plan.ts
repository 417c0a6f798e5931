/** A composition made ready to run: what each application calls, who reads which set, and which chains stay on one thread. */
import type { CompositionGraph, InputBinding, JoinStep, SetIndex, Signature } from '@pappus/composition';
import { isMemoizable } from '../cache/result-key.ts';
import type { Segment } from '../engine/compute-engine.ts';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { IoFunction } from '../io/io-function.ts';

export type Callee =
  | { readonly kind: 'compute'; readonly name: string; readonly hash: FunctionHash; readonly spec: FunctionSpec }
  | { readonly kind: 'io'; readonly name: string; readonly io: IoFunction }
  | { readonly kind: 'composition'; readonly name: string; readonly plan: Plan };

export interface PlannedApplication {
  readonly index: number;
  readonly callee: Callee;
  /** Names of the callee's own sets. */
  readonly signature: Signature;
  readonly inputs: readonly InputBinding[];
  readonly outputs: readonly (SetIndex | null)[];
  readonly joins: readonly JoinStep[];
  /** The input whose items become runs as they come; null where all inputs have to be complete first. */
  readonly streamed: number | null;
}

export interface Plan {
  readonly name: string;
  readonly graph: CompositionGraph;
  readonly applications: readonly PlannedApplication[];
  /** By set: the application that makes it; null for inputs. */
  readonly producers: readonly (number | null)[];
  /** By set: the applications that read it. */
  readonly readers: readonly (readonly number[])[];
  /** By set: it is an output of the composition. */
  readonly isOutput: readonly boolean[];
  /** By application: the chain that its runs begin, or null for I/O and compositions. One that follows another begins one of its own where its items were handed back. */
  readonly units: readonly (Unit | null)[];
  /** By application: the one whose unit it is in, itself included; null where it is in none. */
  readonly headOf: readonly (number | null)[];
  /** The plan of a function alone, not of a composition. */
  readonly alone: boolean;
}

/** Applications that follow one another on one thread. */
export interface Unit {
  readonly segment: Segment;
  /** The application of each step. */
  readonly applications: readonly number[];
  /** The head is one run. */
  readonly once: boolean;
}

/** Whether items of some input become runs as they come. */
export const flowsIn = ({ applications, graph }: Plan): boolean =>
  applications.some(({ streamed, inputs }) => streamed !== null && (inputs[streamed]?.set ?? graph.inputs) < graph.inputs);

/** Whether its runs are looked up among kept results, which needs each run to be a task of its own. */
export const isKept = (callee: Callee): boolean => callee.kind === 'compute' && isMemoizable(callee.spec);
