/** Lines of the journal: read back as written, damage is seen, a line never holds a line feed. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeLine, encodeLine, type RegistryEvent } from './journal-line.ts';

const removed = fc.record({
  kind: fc.constant('removed' as const),
  versions: fc.array(fc.record({ name: fc.string({ unit: 'binary' }), hash: fc.string() }), { maxLength: 4 }),
});
const body = (event: RegistryEvent): Buffer => encodeLine(event).subarray(0, -1);

it('reads back what was written, on one line', () => {
  fc.assert(fc.property(removed, (event) => {
    const line = encodeLine(event);
    expect(line.indexOf(0x0a)).toBe(line.byteLength - 1);
    // Lone surrogates have no UTF-8; JSON writes them as escapes, so that they come back.
    expect(decodeLine(line.subarray(0, -1))).toEqual(event);
  }));
});

it('sees every damaged byte and every cut', () => {
  fc.assert(fc.property(removed, fc.nat(), fc.integer({ min: 1, max: 255 }), (event, place, change) => {
    const line = Buffer.from(body(event));
    const at = place % line.byteLength;
    expect(decodeLine(line.subarray(0, at))).toBeNull();
    line[at] = (line[at] as number) ^ change;
    expect(decodeLine(line)).toBeNull();
  }));
});

it('refuses what a later version wrote', () => {
  expect(() => decodeLine(body({ kind: 'renamed', versions: [] } as unknown as RegistryEvent))).toThrow('later version');
});
