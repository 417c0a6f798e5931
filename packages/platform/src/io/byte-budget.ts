/** Bytes that all runs of an I/O function may hold together. */

export interface ByteBudget {
  /** False when that would be too much. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function byteBudget(limitBytes: number): ByteBudget {
  let left = limitBytes;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give(bytes) {
      left += bytes;
    },
  };
}
