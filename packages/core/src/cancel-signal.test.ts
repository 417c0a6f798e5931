import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cancellation, type CancelSignal } from './cancel-signal.ts';

const ONCE = { once: true } as const;

/** What happens to a signal, and whom it tells, by the number of the listener. */
type Step = { readonly add: number } | { readonly remove: number } | { readonly abort: string };

const step: fc.Arbitrary<Step> = fc.oneof(fc.record({ add: fc.nat(3) }), fc.record({ remove: fc.nat(3) }), fc.record({ abort: fc.string() }));

/** Listeners differ, as they do in the house: each is added once. */
function told(signal: CancelSignal, abort: (reason: unknown) => void, steps: readonly Step[]): unknown {
  const seen: unknown[] = [];
  const listeners = [0, 1, 2, 3].map((number) => () => void seen.push(number, signal.aborted));
  for (const each of steps) {
    if ('add' in each) {
      signal.removeEventListener('abort', listeners[each.add] as () => void);
      signal.addEventListener('abort', listeners[each.add] as () => void, ONCE);
    } else if ('remove' in each) signal.removeEventListener('abort', listeners[each.remove] as () => void);
    else abort(each.abort);
  }
  return { seen, aborted: signal.aborted, reason: signal.aborted ? signal.reason : undefined };
}

describe('a cancellation', () => {
  it('tells the same to the same listeners as an AbortSignal, in the same order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const light = new Cancellation();
        const heavy = new AbortController();
        expect(told(light, (reason) => light.abort(reason), steps)).toEqual(told(heavy.signal, (reason) => heavy.abort(reason), steps));
      }),
    );
  });

  it('makes an AbortSignal of itself, before its end or after it', () => {
    const before = new Cancellation();
    const { abortSignal } = before;
    expect(abortSignal.aborted).toBe(false);
    before.abort('enough');
    expect([abortSignal.aborted, abortSignal.reason]).toEqual([true, 'enough']);
    const after = new Cancellation();
    after.abort('late');
    expect([after.abortSignal.aborted, after.abortSignal.reason]).toEqual([true, 'late']);
    expect(after.abortSignal).toBe(after.abortSignal);
  });
});
