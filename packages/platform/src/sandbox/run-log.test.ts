import fc from 'fast-check';
import { expect, it } from 'vitest';
import { beginningOf, textBytes } from './run-log.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

it('keeps beginnings of both streams that fill the room, and counts what is lost', () => {
  fc.assert(fc.property(bytes, bytes, fc.nat(50), fc.nat(9), (stdout, stderr, room, droppedBytes) => {
    const log = { stdout, stderr, droppedBytes };
    const kept = beginningOf(log, room);
    expect(textBytes(kept)).toBe(Math.min(room, textBytes(log)));
    expect(textBytes(kept) + kept.droppedBytes).toBe(textBytes(log) + droppedBytes);
    expect(kept.stdout).toEqual(stdout.subarray(0, kept.stdout.length));
    expect(kept.stderr).toEqual(stderr.subarray(0, kept.stderr.length));
    for (const stream of ['stdout', 'stderr'] as const) expect(kept[stream].length).toBeGreaterThanOrEqual(Math.min(log[stream].length, Math.floor(room / 2)));
  }));
});
