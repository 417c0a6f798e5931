/**
 * Looks through the blobs after an open: removes those that nobody speaks of, and says which are spoken of and not there.
 * Nobody waits for it: it takes a folder of blobs at a time, each in a turn of its own between the registry's changes, so
 * that no blob is just being stored.
 */
import type { Logger } from '@pappus/core';
import type { BlobStore } from './blob-store.ts';

export interface SweepOptions {
  readonly blobs: BlobStore;
  /** What is spoken of at the beginning. */
  readonly known: Iterable<string>;
  /** Whether a blob is spoken of now. */
  readonly isWanted: (id: string) => boolean;
  /** Only says what is missing. */
  readonly keepsAll: boolean;
  /** Rejects when there are no turns any more: the sweep ends. */
  readonly inTurn: (task: () => Promise<void>) => Promise<void>;
  readonly logger: Logger;
  /** For the log. */
  readonly folder: string;
}

/** Never rejects: what stays behind is found by the next one. */
export async function sweepBlobs({ blobs, known, isWanted, keepsAll, inTurn, logger, folder }: SweepOptions): Promise<void> {
  const missing = new Set(known);
  let removed = 0;
  const sweep = async (shard: string): Promise<void> => {
    for (const id of await blobs.idsIn(shard)) {
      missing.delete(id);
      if (keepsAll || isWanted(id)) continue;
      await blobs.remove(id);
      removed += 1;
    }
  };
  try {
    for (const shard of blobs.shards()) await inTurn(() => sweep(shard));
  } catch {
    return; // closed, or the disk does not answer: whoever needs a blob is told
  } finally {
    if (removed > 0) logger.log('info', 'removed blobs that belong to nothing', { folder, removed });
  }
  const lost = [...missing].filter(isWanted);
  if (lost.length > 0) logger.log('error', 'blobs are missing: what they belong to cannot run until it is deployed again', { folder, missing: lost.length, first: lost[0] ?? null });
}
