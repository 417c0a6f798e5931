/** Several buffers into a file or a blocking socket by one system call, or as many as the kernel makes of it. */
import { writeSync, writevSync } from 'node:fs';

/** From `position` of a file; null where there are no positions. */
export function writeParts(fd: number, parts: readonly Uint8Array[], position: number | null): void {
  let rest = parts;
  let at = position;
  while (rest.length > 0) {
    const written = writeOnce(fd, rest, at);
    rest = afterBytes(rest, written);
    if (at !== null) at += written;
  }
}

function writeOnce(fd: number, parts: readonly Uint8Array[], position: number | null): number {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? writeSync(fd, only, 0, only.length, position) : writevSync(fd, parts as Uint8Array[], position ?? undefined);
}

/** What is left of `parts` after their first `bytes` bytes. */
function afterBytes(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as Uint8Array;
    if (left < part.length) return left === 0 ? parts.slice(index) : [part.subarray(left), ...parts.slice(index + 1)];
    left -= part.length;
  }
  return [];
}
