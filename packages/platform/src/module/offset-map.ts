/**
 * Where code stood before it was rewritten: traps are reported with the offset in the module that the user deployed.
 * The custom section pappus.offsets holds (position, shift) pairs as signed 32-bit numbers, positions ascending: from this
 * position to the next, original = rewritten + shift.
 */
export const OFFSETS_SECTION = 'pappus.offsets';

export interface OffsetShift {
  readonly at: number;
  readonly shift: number;
}

export function encodeOffsets(shifts: readonly OffsetShift[]): Uint8Array {
  const kept = shifts.filter(({ at, shift }, index) => {
    const before = shifts[index - 1];
    return before === undefined || (before.shift !== shift && at >= before.at);
  });
  const bytes = Buffer.allocUnsafe(kept.length * 8);
  for (const [index, { at, shift }] of kept.entries()) {
    bytes.writeInt32LE(at, index * 8);
    bytes.writeInt32LE(shift, index * 8 + 4);
  }
  return bytes;
}

/** The offset in the deployed module of an offset in the rewritten one. */
export function originalOffset(section: Uint8Array, offset: number): number {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  let low = 0;
  let high = Math.floor(section.byteLength / 8);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (view.getInt32(middle * 8, true) <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? offset : offset + view.getInt32((low - 1) * 8 + 4, true);
}
