import { fstatSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KEPT_SHARED_BYTES, SHARED_BYTES } from './limits.ts';
import { SharedFile } from './shared-file.ts';
import { SharedSlots, type Slot } from './shared-slots.ts';

const sharing = SharedFile.open();
const opened = (): SharedFile => SharedFile.open() as SharedFile;

describe.skipIf(sharing === null)('slots of a shared file', () => {
  let file: SharedFile;
  let slots: SharedSlots;
  beforeEach(() => {
    file = opened();
    slots = new SharedSlots(file);
  });
  afterEach(() => slots.close());

  test('hold what was put into them, and what the thread puts there', () => {
    const slot = slots.put(1, 10, [Buffer.from('hello'), Buffer.from('world')]) as Slot;
    expect(slots.read(1, 10).toString()).toBe('helloworld');
    // The other end, with a descriptor of its own.
    expect(file.write(slot.at, [Buffer.from('thread')])).toBe(true);
    expect(slots.read(1, 6).toString()).toBe('thread');
  });

  test('give no more than they have, whatever the thread says', () => {
    const slot = slots.put(1, 5_000, [Buffer.alloc(5_000)]) as Slot;
    expect(() => slots.read(1, slot.bytes + 1)).toThrow(/slot of 8192/);
    expect(() => slots.read(2, 1)).toThrow(/slot of 0/);
    expect(() => slots.read(1, 8_192)).toThrow(/never written/);
    slots.release(1);
    expect(() => slots.read(1, 1)).toThrow(/slot of 0/);
  });

  test('never lie in one another or beyond the end, and the lowest place is taken', () => {
    const step = fc.oneof(fc.record({ put: fc.integer({ min: 1, max: SHARED_BYTES >> 2 }) }), fc.record({ release: fc.nat(20) }));
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = new SharedSlots(opened());
      const held = new Map<number, Slot>();
      steps.forEach((each, task) => {
        if ('release' in each) {
          own.release(each.release);
          held.delete(each.release);
          return;
        }
        const slot = own.put(task, each.put, []);
        const others = [...held.values()].toSorted((a, b) => a.at - b.at);
        const ends = [0, ...others.map(({ at, bytes }) => at + bytes)];
        const starts = [...others.map(({ at }) => at), SHARED_BYTES];
        const bytes = Math.ceil(each.put / 4_096) * 4_096;
        const lowest = ends.find((end, index) => (starts[index] as number) - end >= bytes);
        expect(slot).toEqual(lowest === undefined ? null : { task, at: lowest, bytes });
        if (slot !== null) held.set(task, slot);
      });
      own.close();
    }));
  });

  test('give their memory back when none is used', () => {
    const bytes = KEPT_SHARED_BYTES * 2;
    slots.put(1, bytes, [Buffer.alloc(bytes, 1)]);
    slots.put(2, 10, [Buffer.from('0123456789')]);
    slots.release(1);
    expect(fstatSync(file.fd).size).toBeGreaterThan(bytes);
    slots.release(2);
    expect(fstatSync(file.fd).size).toBe(KEPT_SHARED_BYTES);
  });
});

test('a shared file says when it can not take something', () => {
  const file = new SharedFile(9_999_999);
  expect(file.write(0, [Buffer.from('x')])).toBe(false);
});

sharing?.close();
