/** A checked composition as the dispatcher runs it: sets are numbers, applications stand in topological order. */

/** How the items of a set become runs. `any…` leaves the number of partitions to the platform. */
export const DISTRIBUTIONS = ['all', 'keyed', 'each', 'anyKeyed', 'anyEach'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** How a keyed input meets the keyed inputs to its left. `full` and `outer` are two names of one join. */
export const JOIN_KINDS = ['inner', 'left', 'right', 'full', 'outer', 'cross'] as const;
export type JoinKind = (typeof JOIN_KINDS)[number];

/** A set's place in `CompositionGraph.sets`. */
export type SetIndex = number;

export interface InputBinding {
  /** The callee's name of this input, as its declaration gives it. */
  readonly parameter: string;
  /** Its place among the callee's inputs. An input of the callee that no binding names is empty and skips nothing. */
  readonly position: number;
  readonly set: SetIndex;
  readonly distribution: Distribution;
  /** A set that is empty does not skip the application. */
  readonly optional: boolean;
}

export interface JoinStep {
  /** Index into `Application.inputs`. */
  readonly input: number;
  /** How this input joins what stands to its left; null for the first. */
  readonly kind: JoinKind | null;
}

export interface Application {
  readonly callee: string;
  /** In the callee's order; a caller may leave inputs out. */
  readonly inputs: readonly InputBinding[];
  /** In the callee's order: the set that each output fills, or null where the caller takes no notice of it. */
  readonly outputs: readonly (SetIndex | null)[];
  /** The inputs of a `by` clause, in its order; empty without one. Inputs that it does not name multiply. */
  readonly joins: readonly JoinStep[];
}

export interface CompositionGraph {
  readonly name: string;
  /** Every set: first the composition's inputs in their order, then what applications fill. */
  readonly sets: readonly string[];
  readonly inputs: number;
  /** The sets that are the composition's outputs, in its order. */
  readonly outputs: readonly SetIndex[];
  /** In topological order: an application reads inputs and what earlier ones fill. */
  readonly applications: readonly Application[];
}

/** The names of what a function or a composition takes and gives. */
export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}
