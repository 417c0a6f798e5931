/**
 * The catalog of `s3://bucket/prefix`, by the rules of a local folder. Of each object only the footer is read, into a
 * sparse file from which DuckDB reads it; with a cache, footers that were seen in an earlier run cost no request.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, defined } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Gate } from '../object-store/gate.ts';
import type { ObjectInfo, ObjectStore } from '../object-store/object-store.ts';
import type { FooterCache } from './footer-cache.ts';
import { FOOTER_READS, MAX_LISTED_OBJECTS } from './limits.ts';
import { fetchFooter, objectVersion, type ObjectFooter } from './s3-footers.ts';
import { createSparseFile } from './sparse-file.ts';
import { tableFiles } from './table-files.ts';
import type { Catalog } from './table.ts';
import { buildTables, type FileSource } from './tables.ts';

export interface S3CatalogOptions {
  readonly connection: DuckDBConnection;
  readonly store: ObjectStore;
  /** Tells buckets of the same name apart in the cache: the store's endpoint. */
  readonly endpoint: string;
  /** With or without a slash at its end; empty is the whole bucket. */
  readonly prefix: string;
  /** An existing folder for the sparse files; none of them stays. */
  readonly tempFolder: string;
  readonly cache: FooterCache | null;
  readonly signal: AbortSignal;
}

export async function openS3Catalog(options: S3CatalogOptions): Promise<Catalog> {
  const { store, cache, tempFolder, connection } = options;
  const prefix = options.prefix === '' || options.prefix.endsWith('/') ? options.prefix : `${options.prefix}/`;
  const objects = await listObjects(options, prefix);
  const tables = tableFiles(objects.keys(), `s3://${store.bucket}/${prefix}`);
  const folder = await mkdtemp(join(tempFolder, 'footers-'));
  try {
    const sources = await readAll(options, [...tables].map(([name, files]) => [name, files.map((file) => defined(objects.get(file), file))] as const), folder);
    await cache?.trim();
    return { kind: 's3', tables: await buildTables(connection, sources) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All objects below the prefix, by what follows it. */
async function listObjects({ store, signal }: S3CatalogOptions, prefix: string): Promise<ReadonlyMap<string, ObjectInfo>> {
  const location = `s3://${store.bucket}/${prefix}`;
  const objects = new Map<string, ObjectInfo>();
  try {
    for await (const object of store.list(prefix, signal)) {
      objects.set(object.key.slice(prefix.length), object);
      if (objects.size > MAX_LISTED_OBJECTS) throw new AppError('resource-exhausted', `${location} has more than ${MAX_LISTED_OBJECTS} objects`, { hint: 'Choose a prefix with nothing but tables below it.' });
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'not-found') throw thrown;
    throw new AppError('not-found', thrown.message, { cause: thrown, hint: 'Check the bucket in --tables, AWS_ENDPOINT_URL and AWS_REGION.' });
  }
  if (objects.size === 0) throw await nothingThere(store, prefix, signal);
  return objects;
}

async function nothingThere(store: ObjectStore, prefix: string, signal: AbortSignal): Promise<AppError> {
  const key = prefix.slice(0, -1);
  for await (const object of store.list(key, signal)) {
    if (object.key === key) return new AppError('invalid-argument', `s3://${store.bucket}/${key} is a file; --tables wants the prefix that holds it`);
    break;
  }
  return new AppError('not-found', `no object in s3://${store.bucket}/${prefix}`, { hint: 'Check the prefix in --tables; tables are the *.parquet objects below it, or its folders of such objects.' });
}

type TableObjects = readonly (readonly [string, readonly ObjectInfo[]])[];

/** Stops all reads at the first failure, and waits for their end. */
async function readAll(options: S3CatalogOptions, tables: TableObjects, folder: string): Promise<Map<string, readonly FileSource[]>> {
  const failed = new AbortController();
  const reading = { ...options, signal: AbortSignal.any([options.signal, failed.signal]) };
  const gate = new Gate(FOOTER_READS);
  let next = 0;
  const read = (object: ObjectInfo): Promise<FileSource> => {
    const footerPath = join(folder, `${next++}.parquet`);
    return gate.run(reading.signal, () => readOne(reading, object, footerPath));
  };
  const pending = tables.map(([name, objects]) => [name, objects.map(read)] as const);
  const all = pending.flatMap(([, files]) => files);
  await Promise.all(all).catch(async (thrown: unknown) => {
    failed.abort(thrown);
    await Promise.allSettled(all);
    throw thrown;
  });
  const sources = new Map<string, readonly FileSource[]>();
  for (const [name, files] of pending) sources.set(name, await Promise.all(files));
  return sources;
}

async function readOne(options: S3CatalogOptions, object: ObjectInfo, footerPath: string): Promise<FileSource> {
  const footer = await cachedFooter(options, object);
  await createSparseFile(footerPath, footer.sizeBytes, [{ offset: footer.sizeBytes - footer.bytes.byteLength, bytes: footer.bytes }]);
  return { footerPath, path: object.key, label: `s3://${options.store.bucket}/${object.key}`, version: footer.version };
}

async function cachedFooter({ store, cache, endpoint, signal }: S3CatalogOptions, object: ObjectInfo): Promise<ObjectFooter> {
  const identity = (version: string, sizeBytes: number): string => JSON.stringify([endpoint, store.bucket, object.key, version, sizeBytes]);
  const listed = { version: objectVersion(object.etag), sizeBytes: object.sizeBytes };
  const known = listed.version === '' ? null : ((await cache?.read(identity(listed.version, listed.sizeBytes))) ?? null);
  if (known !== null) return { ...listed, bytes: known };
  const footer = await fetchFooter(store, object, signal);
  if (footer.version !== '') await cache?.write(identity(footer.version, footer.sizeBytes), footer.bytes);
  return footer;
}
