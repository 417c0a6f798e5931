/** Paths of the guest: textual, from the root, and never above it. */
import { MAX_PATH_BYTES } from '../limits.ts';
import { readName } from '../../sets/name-bytes.ts';
import { ERRNO, type Errno } from './errno.ts';

export type Path = readonly string[];
export const ROOT: Path = [];

/** The path that `length` bytes at `at` mean below `base`, or an error number. */
export function readPath(bytes: Buffer, at: number, length: number, base: Path): Path | Errno {
  if (length > MAX_PATH_BYTES) return ERRNO.nametoolong;
  if (at + length > bytes.length) return ERRNO.fault;
  const text = readName(bytes, at, length);
  if (text === null) return ERRNO.ilseq;
  return resolvePath(text, base);
}

export function resolvePath(text: string, base: Path): Path | Errno {
  if (text.length === 0) return ERRNO.noent;
  const parts = [...base];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return ERRNO.notcapable;
  }
  return parts;
}
