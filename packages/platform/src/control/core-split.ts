/**
 * How many slots compute and how many do I/O: a controller after the Dandelion paper's, which every 30 ms takes the
 * growth of each queue, feeds the difference to a PI controller, and moves one core when the signal passes a threshold.
 *
 *   growth    how much a queue has grown, in intervals of work: tasks added / tasks that it finishes in an interval
 *   drain     how long a queue is, in the same unit: tasks waiting / tasks that it finishes in an interval
 *   signal    gain × (growth of compute − growth of I/O) + integral gain × (drain of compute − drain of I/O)
 *
 * Where ours differs, and why:
 * - Growth is counted in time, not in tasks. A compute task takes 10 µs and a request 100 ms: with a thousand of the
 *   first and fifty of the second waiting, the I/O is behind.
 * - The integral is not summed up. What a queue has grown in all is its length, so the length is used: nothing winds
 *   up at a bound, drifts with idle time or has to be reset after a move, and an old backlog that neither grows nor
 *   shrinks still draws slots, which growth alone would leave standing.
 * - I/O gets what computing does not need. A slot is a thread for the one, and for the other only so many more runs
 *   that wait at a time: with many of them that hang, no number of slots makes their queue shorter. So computing gives a
 *   slot only when it keeps up and what is left has enough for its threads that are busy, and once it is behind, only
 *   its own queue counts until it has caught up.
 * - A slot moves when the signal has passed the threshold in the same direction twice in a row, then the effect is
 *   awaited; going back takes longer than going on, but not for computing that is behind. A side whose queue is empty
 *   gets nothing.
 * - At least one slot stays on each side.
 */
import { assert } from '@pappus/core';
import { MAX_DRAIN_INTERVALS, MAX_GROWTH_INTERVALS } from './limits.ts';

export interface CoreSplit {
  readonly compute: number;
  readonly io: number;
}

export interface QueueSample {
  /** Tasks that wait now. */
  readonly waiting: number;
  /** Tasks finished since the beginning. */
  readonly completed: number;
}

export interface SplitSample {
  readonly compute: QueueSample;
  readonly io: QueueSample;
  /** Threads that have something to do now. */
  readonly busy: number;
}

interface QueueState {
  readonly waiting: number;
  readonly completed: number;
  /** Tasks finished in an interval, smoothed; only intervals with work count. */
  readonly rate: number;
}

export interface SplitState {
  readonly split: CoreSplit;
  readonly compute: QueueState;
  readonly io: QueueState;
  /** Threads that have something to do, smoothed. */
  readonly busy: number;
  /** The last signal, for the metrics. */
  readonly signal: number;
  /** In how many intervals in a row the signal was past the threshold, with its sign. */
  readonly streak: number;
  /** The direction of the last move, and the intervals since. */
  readonly lastMove: Direction | 0;
  readonly sinceMove: number;
}

/** 1 gives a slot to compute, -1 to I/O. */
type Direction = 1 | -1;
export type Decision = 'to-compute' | 'to-io' | 'stay';

export interface SplitTuning {
  readonly gain: number;
  readonly integralGain: number;
  /** In intervals of work. */
  readonly threshold: number;
  /** Intervals in a row past the threshold before a move. */
  readonly confirm: number;
  /** Intervals after a move before another in its direction, and before one back. */
  readonly settle: number;
  readonly settleBack: number;
  /** Weight of the newest interval in the rate, and in the number of busy threads. */
  readonly smoothing: number;
  readonly busySmoothing: number;
  /** Of the threads that are left when one is given, so many may be busy. */
  readonly load: number;
}

export const DEFAULT_TUNING: SplitTuning = { gain: 1, integralGain: 0.5, threshold: 1, confirm: 2, settle: 2, settleBack: 12, smoothing: 0.3, busySmoothing: 0.1, load: 0.75 };

const IDLE: QueueState = { waiting: 0, completed: 0, rate: 0 };
/** A queue whose tasks take longer than many intervals still has a rate. */
const LEAST_RATE = 0.02;

export function initialState(split: CoreSplit): SplitState {
  assert(split.compute >= 1 && split.io >= 1, `a split of ${split.compute} and ${split.io} slots`);
  // Busy until they are seen to be idle.
  return { split, compute: IDLE, io: IDLE, busy: split.compute, signal: 0, streak: 0, lastMove: 0, sinceMove: 0 };
}

export function step(state: SplitState, sample: SplitSample, tuning: SplitTuning = DEFAULT_TUNING): { readonly state: SplitState; readonly decision: Decision } {
  const compute = observe(state.compute, sample.compute, tuning);
  const io = observe(state.io, sample.io, tuning);
  const busy = state.busy + tuning.busySmoothing * (sample.busy - state.busy);
  const pull = (before: QueueState, now: QueueState): number => tuning.gain * growth(before, now) + tuning.integralGain * drain(now);
  const signal = pull(state.compute, compute) - (isBehind(compute, tuning) ? 0 : pull(state.io, io));
  const streak = continued(state.streak, signal, tuning.threshold);
  const seen = { split: state.split, compute, io, busy, signal, streak, lastMove: state.lastMove, sinceMove: state.sinceMove + 1 };
  const direction: Direction = streak > 0 ? 1 : -1;
  if (!mayMove(seen, direction, tuning)) return { state: seen, decision: 'stay' };
  const split = { compute: state.split.compute + direction, io: state.split.io - direction };
  return { state: { ...seen, split, streak: 0, lastMove: direction, sinceMove: 0 }, decision: direction === 1 ? 'to-compute' : 'to-io' };
}

function observe(before: QueueState, { waiting, completed }: QueueSample, { smoothing }: SplitTuning): QueueState {
  const finished = completed - before.completed;
  const hadWork = before.waiting > 0 || finished > 0;
  if (!hadWork) return { waiting, completed, rate: before.rate };
  const rate = before.rate === 0 ? finished : before.rate + smoothing * (finished - before.rate);
  return { waiting, completed, rate };
}

const growth = (before: QueueState, now: QueueState): number => clamp((now.waiting - before.waiting) / Math.max(now.rate, LEAST_RATE), MAX_GROWTH_INTERVALS);
const drain = ({ waiting, rate }: QueueState): number => clamp(waiting / Math.max(rate, LEAST_RATE), MAX_DRAIN_INTERVALS);
const isBehind = (queue: QueueState, { threshold }: SplitTuning): boolean => drain(queue) > threshold;
const clamp = (value: number, bound: number): number => Math.min(bound, Math.max(-bound, value));

function continued(streak: number, signal: number, threshold: number): number {
  if (Math.abs(signal) <= threshold) return 0;
  return signal > 0 ? Math.max(streak, 0) + 1 : Math.min(streak, 0) - 1;
}

function mayMove(state: SplitState, direction: Direction, tuning: SplitTuning): boolean {
  const { split, compute, io, streak, lastMove, sinceMove } = state;
  if (Math.abs(streak) < tuning.confirm) return false;
  const [giver, taker] = direction === 1 ? [split.io, compute] : [split.compute, io];
  if (giver <= 1 || taker.waiting === 0) return false;
  const isUrgent = direction === 1 && isBehind(compute, tuning);
  if (direction === -1 && !canSpare(state, tuning)) return false;
  return lastMove === 0 || sinceMove > (lastMove === direction || isUrgent ? tuning.settle : tuning.settleBack);
}

/** Computing does without a thread. */
const canSpare = ({ split, compute, busy }: SplitState, tuning: SplitTuning): boolean => !isBehind(compute, tuning) && busy <= tuning.load * (split.compute - 1);
