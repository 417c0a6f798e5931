import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LiveSet, type LiveEntry } from './live-set.ts';

test('a live set holds what a Set would', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
      const entries: readonly LiveEntry[] = Array.from({ length: 10 }, () => ({ slot: -1 }));
      const live = new LiveSet<LiveEntry>();
      const model = new Set<LiveEntry>();
      for (const [adds, index] of steps) {
        const entry = entries[index] as LiveEntry;
        if (!adds) expect(live.delete(entry)).toBe(model.delete(entry));
        else if (!model.has(entry)) {
          live.add(entry);
          model.add(entry);
        }
      }
      expect(live.size).toBe(model.size);
      expect(new Set(live.toArray())).toEqual(model);
    }),
  );
});
