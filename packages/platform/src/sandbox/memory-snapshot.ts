/** The first state of a memory: the parts that are not zero. Most of a memory is zero, and clearing is cheaper than copying. */

const BLOCK_BYTES = 1_024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

interface Part {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class MemorySnapshot {
  readonly #parts: readonly Part[];
  readonly keptBytes: number;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.keptBytes = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Gives every byte of the memory the value that it had. */
  restore(memory: Uint8Array): void {
    let at = 0;
    for (const part of this.#parts) {
      if (part.at > at) memory.fill(0, at, part.at);
      memory.set(part.bytes, part.at);
      at = part.at + part.bytes.length;
    }
    memory.fill(0, at);
  }
}

export function takeSnapshot(memory: Uint8Array): MemorySnapshot {
  const parts: Part[] = [];
  let start: number | null = null;
  for (let at = 0; at < memory.length; at += BLOCK_BYTES) {
    const zero = ZEROS.compare(memory, at, at + BLOCK_BYTES) === 0;
    if (!zero) start ??= at;
    if (zero && start !== null) {
      parts.push({ at: start, bytes: memory.slice(start, at) });
      start = null;
    }
  }
  if (start !== null) parts.push({ at: start, bytes: memory.slice(start) });
  return new MemorySnapshot(parts);
}
