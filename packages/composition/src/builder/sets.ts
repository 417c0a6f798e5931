/** What the builder hands around: sets, and how a set is handed to a function. */
import type { Distribution, JoinKind } from '../graph.ts';

declare const setBrand: unique symbol;

/** A set of the composition that is being built. Only its inputs and what applications return are sets. */
export interface SetOf {
  readonly [setBrand]: true;
}

/** A set with its distribution: what a function is applied to. */
export interface Handed<D extends Distribution = Distribution> {
  readonly set: SetOf;
  readonly distribution: D;
  readonly optional: boolean;
}

const handed = <D extends Distribution>(set: SetOf, distribution: D): Handed<D> => Object.freeze({ set, distribution, optional: false });

/** One run gets the whole set. */
export const all = (set: SetOf): Handed<'all'> => handed(set, 'all');
/** One run for each key. */
export const keyed = (set: SetOf): Handed<'keyed'> => handed(set, 'keyed');
/** One run for each item. */
export const each = (set: SetOf): Handed<'each'> => handed(set, 'each');
/** By key; the platform chooses how many runs. */
export const anyKeyed = (set: SetOf): Handed<'anyKeyed'> => handed(set, 'anyKeyed');
/** By item; the platform chooses how many runs. */
export const anyEach = (set: SetOf): Handed<'anyEach'> => handed(set, 'anyEach');

/** The function runs even where the set is empty. */
export const optional = <D extends Distribution>(input: Handed<D>): Handed<D> => Object.freeze({ ...input, optional: true });

export interface JoinPart {
  readonly input: string;
  readonly kind: JoinKind | null;
}

/** A `by` clause over inputs with these names: `by('pics').left('archives')`. */
export interface Joins<K extends string> {
  readonly parts: readonly (JoinPart & { readonly input: K })[];
  inner<N extends string>(input: N): Joins<K | N>;
  left<N extends string>(input: N): Joins<K | N>;
  right<N extends string>(input: N): Joins<K | N>;
  full<N extends string>(input: N): Joins<K | N>;
  cross<N extends string>(input: N): Joins<K | N>;
}

/** Starts a `by` clause with the function's name of an input that is handed over by key. */
export const by = <N extends string>(input: N): Joins<N> => joins([{ input, kind: null }]);

function joins<K extends string>(parts: readonly (JoinPart & { readonly input: K })[]): Joins<K> {
  const step = (kind: JoinKind) => <N extends string>(input: N): Joins<K | N> => joins<K | N>([...parts, { input, kind }]);
  return Object.freeze({ parts, inner: step('inner'), left: step('left'), right: step('right'), full: step('full'), cross: step('cross') });
}
