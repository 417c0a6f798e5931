/** Opens the tables of `--tables`, wherever that is. */
import { AppError, type Clock, type Logger, type Random } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { noRequests, type RequestCounts } from '../object-store/request-counts.ts';
import { parseS3Url, type S3Connection } from '../object-store/s3-options.ts';
import { S3Store } from '../object-store/s3-store.ts';
import { FooterCache } from './footer-cache.ts';
import { openLocalCatalog } from './local-catalog.ts';
import { openS3Catalog } from './s3-catalog.ts';
import type { Catalog } from './table.ts';

export interface LocationOptions {
  /** A local folder, or `s3://bucket/prefix`. */
  readonly tables: string;
  /** How to reach the bucket; null is an error for `s3://`. */
  readonly s3: S3Connection | null;
  /** A folder for nothing else, where what was learned about objects is kept over runs; null keeps nothing. */
  readonly cacheFolder: string | null;
  /** An existing folder. */
  readonly tempFolder: string;
  readonly connection: DuckDBConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface OpenLocation {
  readonly catalog: Catalog;
  /** How workers reach the files; null when they are local. */
  readonly store: { readonly connection: S3Connection; readonly bucket: string; readonly prefix: string } | null;
  /** What it took to open it. */
  readonly requests: RequestCounts;
}

export async function openLocation(options: LocationOptions): Promise<OpenLocation> {
  const { tables, connection, s3, cacheFolder, tempFolder, clock, random, logger, signal } = options;
  if (!tables.startsWith('s3://')) return { catalog: await openLocalCatalog(connection, tables), store: null, requests: noRequests };
  const { bucket, prefix } = parseS3Url(tables);
  if (s3 === null) throw new AppError('invalid-argument', `${tables} needs a connection to an object store`);
  const store = new S3Store({ connection: s3, bucket, clock, random });
  const cache = cacheFolder === null ? null : new FooterCache({ folder: cacheFolder, random, logger });
  try {
    const catalog = await openS3Catalog({ connection, store, endpoint: s3.endpoint ?? `amazon ${s3.region}`, prefix, tempFolder, cache, signal });
    return { catalog, store: { connection: s3, bucket, prefix }, requests: store.counts() };
  } finally {
    store.close();
  }
}
