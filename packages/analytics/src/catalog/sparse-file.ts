/**
 * Sparse copies of Parquet objects: files of an object's size in which only the pieces that DuckDB will read have been
 * put in their places. The rest is holes, which take no space.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { AppError, errorMessage, systemCode } from '@pappus/core';

export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const MAGIC: Uint8Array = Buffer.from('PAR1');
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Makes a new file of that size with the magic in front. */
export async function createSparseFile(path: string, sizeBytes: number, pieces: readonly Piece[]): Promise<void> {
  await onDisk(path, async () => {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.truncate(sizeBytes);
      for (const piece of [{ offset: 0, bytes: MAGIC }, ...pieces]) await writePiece(file, piece);
    } finally {
      await file.close();
    }
  });
}

/** Opens a sparse copy to put more pieces into it with the function that it hands on. */
export async function fillSparseFile(path: string, work: (put: (piece: Piece) => Promise<void>) => Promise<void>): Promise<void> {
  const file = await onDisk(path, () => open(path, 'r+'));
  try {
    await work((piece) => onDisk(path, () => writePiece(file, piece)));
  } finally {
    await file.close();
  }
}

async function writePiece(file: FileHandle, { offset, bytes }: Piece): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, offset + done);
    done += bytesWritten;
  }
}

async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (thrown) {
    if (!FULL.has(systemCode(thrown) ?? '')) throw new AppError('unavailable', `cannot write the copy of an object to ${path}: ${errorMessage(thrown)}`, { cause: thrown });
    throw new AppError('resource-exhausted', `the disk is full: cannot write the copy of an object to ${path}`, { cause: thrown, hint: 'Free some space there, or use more workers, which fetch less each.' });
  }
}
