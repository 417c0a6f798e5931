/**
 * Which applications follow another on its thread. A follower joins a unit when all that it reads comes from that unit
 * and its runs are known from one task's own sets:
 *
 * - The head is one run (all its inputs are `all`): a follower may read whole sets, or be `each` over one set.
 * - The head is many runs: a follower is `each` over one set, so that what one run of the head made is all it needs; not an
 *   `optional` one, since whether the whole set is empty is not known there.
 *
 * Functions whose results are kept, and those that may run fewer times at once than there can be threads, are tasks of
 * their own: so the runs of each are counted where they have to be.
 */
import type { InputBinding } from '@pappus/composition';
import type { SegmentInput, SegmentStep } from '../engine/compute-engine.ts';
import { MAX_SEGMENT_STEPS } from '../engine/limits.ts';
import { MAX_FAN_OUT_PER_ITEM, UNWATCHED_CONCURRENCY } from './limits.ts';
import { isKept, type PlannedApplication, type Unit } from './plan.ts';

interface Draft {
  readonly head: number;
  /** Nobody may follow. */
  readonly closed: boolean;
  readonly once: boolean;
  readonly members: number[];
}

export interface Cut {
  readonly units: readonly (Unit | null)[];
  readonly headOf: readonly (number | null)[];
}

export function cutSegments(applications: readonly PlannedApplication[], readers: readonly (readonly number[])[], isOutput: readonly boolean[]): Cut {
  const producers = new Map(applications.flatMap(({ index, outputs }) => outputs.flatMap((set) => (set === null ? [] : [[set, index] as const]))));
  const drafts: (Draft | null)[] = applications.map(() => null);
  for (const application of applications) {
    const { callee, index, inputs, joins } = application;
    if (callee.kind !== 'compute') continue;
    const unit = isFollower(application) ? unitOf(inputs, producers, drafts) : null;
    if (unit !== null && unit.members.length < MAX_SEGMENT_STEPS && fits(inputs, unit)) {
      unit.members.push(index);
      drafts[index] = unit;
    } else {
      drafts[index] = { head: index, closed: isKept(callee), once: joins.length === 0 && inputs.every(({ distribution }) => distribution === 'all'), members: [index] };
    }
  }
  return {
    units: drafts.map((draft, index) => {
      if (draft === null) return null;
      return unitFrom(draft.head === index ? draft : { head: index, closed: true, once: false, members: [index] }, applications, readers, isOutput);
    }),
    headOf: drafts.map((draft) => draft?.head ?? null),
  };
}

function isFollower({ callee, joins, inputs }: PlannedApplication): boolean {
  if (callee.kind !== 'compute' || joins.length > 0 || isKept(callee) || callee.spec.limits.concurrency < UNWATCHED_CONCURRENCY) return false;
  return inputs.length > 0 && inputs.length === callee.spec.inputs.length && inputs.every(({ position }, index) => position === index);
}

/** The unit from which all that is read comes, or null. A kept function's outputs do not always come from a thread. */
function unitOf(inputs: readonly InputBinding[], producers: ReadonlyMap<number, number>, drafts: readonly (Draft | null)[]): Draft | null {
  const from = inputs.map(({ set }) => {
    const producer = producers.get(set);
    return producer === undefined ? null : (drafts[producer] ?? null);
  });
  const [first = null] = from;
  return first?.closed === false && from.every((unit) => unit === first) ? first : null;
}

function fits(inputs: readonly InputBinding[], { once }: Draft): boolean {
  const [first] = inputs;
  if (inputs.length === 1 && first?.distribution === 'each') return once || !first.optional;
  return once && inputs.every(({ distribution }) => distribution === 'all');
}

function unitFrom({ members, once }: Draft, applications: readonly PlannedApplication[], readers: readonly (readonly number[])[], isOutput: readonly boolean[]): Unit | null {
  const head = applications[members[0] ?? -1];
  if (head === undefined) return null;
  const inside = new Set(members);
  const places = new Map<number, { step: number; output: number }>();
  const steps = members.map((member, step): SegmentStep => {
    const { callee, inputs, outputs } = applications[member] as PlannedApplication;
    if (callee.kind !== 'compute') throw new TypeError('only functions are in segments');
    outputs.forEach((set, output) => set !== null && places.set(set, { step, output }));
    const exported = outputs.map((set) => set !== null && (isOutput[set] === true || (readers[set] ?? []).some((reader) => !inside.has(reader))));
    return { function: callee.hash, inputs: step === 0 ? [] : inputs.map((input) => segmentInput(input, places)), exported };
  });
  return { segment: { steps, fanOut: once ? 1 : MAX_FAN_OUT_PER_ITEM }, applications: members, once };
}

function segmentInput({ set, distribution, optional }: InputBinding, places: ReadonlyMap<number, { readonly step: number; readonly output: number }>): SegmentInput {
  const place = places.get(set);
  if (place === undefined) throw new TypeError('a follower reads what its unit has not made');
  return { ...place, distribution: distribution === 'each' ? 'each' : 'all', optional };
}
