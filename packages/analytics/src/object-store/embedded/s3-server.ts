/**
 * A small S3-protocol server on loopback, for local use and tests: GetObject with ranges, PutObject, HeadObject,
 * DeleteObject, DeleteObjects and ListObjectsV2 on one bucket, path-style, signatures checked. It runs in a
 * process of its own (`server-process.ts`). Latency, throttling and faults are applied here, so that every
 * client of it is the real one.
 *
 * Why our own: of the two libraries, one keeps all objects on the heap (0.9 GB after 0.7 GB of writes), checks
 * no signature and brings three AWS SDK clients along (46 MB); the other is wrong on suffix ranges and lists.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sleep, type Clock, type Random } from '@pappus/core';
import { MAX_PAGE_KEYS } from '../limits.ts';
import { noRequests, RequestCounter, type RequestCounts, type RequestKind } from '../request-counts.ts';
import type { S3Credentials } from '../s3-options.ts';
import { blocks, escapeXml, textOf } from '../s3-xml.ts';
import { Faults, type FaultKind, type FaultRule } from './fault-rules.ts';
import { ObjectFolder } from './object-folder.ts';
import { readBody, receiveObject, sendObject } from './object-transfer.ts';
import { S3Refusal } from './s3-refusal.ts';
import { checkSignature } from './signature-check.ts';
import { sampleLatencyMs, Throttle, type StoreProfile } from './store-profile.ts';

export interface S3ServerOptions {
  readonly folder: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  readonly profile: StoreProfile;
  readonly capacityBytes: number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface S3ServerStats {
  readonly requests: RequestCounts;
  readonly objects: number;
  readonly objectBytes: number;
  readonly residentBytes: number;
}

interface Route {
  readonly kind: RequestKind;
  readonly key: string;
  readonly query: URLSearchParams;
}

export class S3Server {
  readonly #options: S3ServerOptions;
  readonly #objects: ObjectFolder;
  readonly #faults: Faults;
  readonly #throttle: Throttle;
  readonly #server: Server;
  readonly #counter = new RequestCounter();

  constructor(options: S3ServerOptions) {
    this.#options = options;
    this.#objects = new ObjectFolder(options.folder, options.capacityBytes);
    this.#faults = new Faults(options.random);
    this.#throttle = new Throttle(options.profile);
    this.#server = createServer({ noDelay: true, highWaterMark: 256 * 1024 }, (request, response) => void this.#serve(request, response));
  }

  /** Listens on a free loopback port and resolves with it. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        if (typeof address === 'object' && address !== null) resolve(address.port);
      });
    });
  }

  setFaults(rules: readonly FaultRule[]): void {
    this.#faults.set(rules);
  }

  stats(): S3ServerStats {
    const requests = { ...noRequests, ...this.#counter.snapshot() };
    return { requests, objects: this.#objects.count, objectBytes: this.#objects.bytes, residentBytes: process.memoryUsage.rss() };
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startMs = this.#options.clock.nowMs();
    response.on('error', () => {});
    try {
      const route = this.#route(request);
      this.#counter.add(route.kind);
      await this.#answer(route, request, response, startMs);
    } catch (thrown) {
      request.resume();
      if (response.headersSent) response.destroy();
      else refuse(response, thrown, request);
    }
  }

  async #answer(route: Route, request: IncomingMessage, response: ServerResponse, startMs: number): Promise<void> {
    const { credentials, clock, bucket } = this.#options;
    const fault = checkSignature(request, credentials, clock.wallMs());
    if (fault !== null) throw new S3Refusal(403, fault, 'The request is not signed as it should be.');
    if (!this.#throttle.admit(route.kind, `${bucket}/${route.key}`, startMs)) throw new S3Refusal(503, 'SlowDown', 'Please reduce your request rate.');
    const injected = this.#faults.pick(route.kind, route.key);
    if (injected !== null && !(await this.#survives(injected, route, request))) return;
    switch (route.kind) {
      case 'get':
      case 'head':
        return this.#get(route, request, response, startMs, injected);
      case 'put':
        return this.#put(route.key, request, response, startMs);
      case 'list':
        await this.#delay('list', startMs);
        return sendXml(response, this.#list(route.query));
      case 'delete':
        return this.#delete(route, request, response, startMs);
    }
  }

  /** False when the fault ended the request; faults of the body come later. */
  async #survives(fault: FaultKind, route: Route, request: IncomingMessage): Promise<boolean> {
    switch (fault) {
      case 'slow-down':
        throw new S3Refusal(503, 'SlowDown', 'Please reduce your request rate.');
      case 'internal-error':
        throw new S3Refusal(500, 'InternalError', 'We encountered an internal error. Please try again.');
      case 'forbidden':
        throw new S3Refusal(403, 'AccessDenied', 'Access Denied');
      case 'not-found':
        throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.', route.key);
      case 'reset':
        request.socket.resetAndDestroy();
        return false;
      case 'stall':
        request.resume();
        return false;
      default:
        return true;
    }
  }

  async #get(route: Route, request: IncomingMessage, response: ServerResponse, startMs: number, fault: FaultKind | null): Promise<void> {
    await this.#delay(route.kind, startMs);
    const object = this.#objects.get(route.key);
    if (object === undefined) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.', route.key);
    const { clock, profile } = this.#options;
    const sent = await sendObject(object, request, response, { fault, clock, bytesPerSecond: profile.bytesPerSecond });
    this.#counter.add('bytesOut', sent);
  }

  async #put(key: string, request: IncomingMessage, response: ServerResponse, startMs: number): Promise<void> {
    const object = await receiveObject(this.#objects, key, request, this.#options.clock.wallMs());
    this.#counter.add('bytesIn', object.sizeBytes);
    await this.#delay('put', startMs);
    response.writeHead(200, { ETag: object.etag, 'Content-Length': 0 }).end();
  }

  async #delete(route: Route, request: IncomingMessage, response: ServerResponse, startMs: number): Promise<void> {
    const body = await readBody(request);
    await this.#delay('delete', startMs);
    if (route.key !== '') {
      await this.#objects.delete(route.key);
      response.writeHead(204).end();
      return;
    }
    const keys = blocks(body, 'Object').map((block) => textOf(block, 'Key') ?? '');
    await Promise.all(keys.map((key) => this.#objects.delete(key)));
    sendXml(response, '<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>');
  }

  #list(query: URLSearchParams): string {
    const limit = Math.min(Number(query.get('max-keys') ?? MAX_PAGE_KEYS), MAX_PAGE_KEYS);
    const token = query.get('continuation-token');
    const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64url').toString('utf8');
    const { names, more } = this.#objects.list(query.get('prefix') ?? '', after, limit);
    const encoded = query.get('encoding-type') === 'url';
    const print = encoded ? encodeURIComponent : escapeXml;
    const contents = names.map((name) => {
      const object = this.#objects.get(name);
      const modified = new Date(object?.modifiedMs ?? 0).toISOString();
      return `<Contents><Key>${print(name)}</Key><LastModified>${modified}</LastModified><ETag>${escapeXml(object?.etag ?? '')}</ETag><Size>${object?.sizeBytes ?? 0}</Size></Contents>`;
    });
    const next = more ? `<NextContinuationToken>${Buffer.from(names.at(-1) ?? '', 'utf8').toString('base64url')}</NextContinuationToken>` : '';
    return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><KeyCount>${names.length}</KeyCount><IsTruncated>${more}</IsTruncated>${encoded ? '<EncodingType>url</EncodingType>' : ''}${next}${contents.join('')}</ListBucketResult>`;
  }

  #route(request: IncomingMessage): Route {
    const url = new URL(`http://store${rawPath(request.url ?? '/')}`);
    const [, bucket = '', ...rest] = rawPath(request.url ?? '/').split('?')[0]?.split('/') ?? [];
    const key = rest.map(decodeURIComponent).join('/');
    if (bucket !== this.#options.bucket) throw new S3Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist', bucket);
    const kind = kindOf(request.method ?? '', key, url.searchParams);
    if (kind === null) throw new S3Refusal(501, 'NotImplemented', 'This store does not do that.');
    return { kind, key, query: url.searchParams };
  }

  /** Waits until this kind of request may answer; the time that its body took counts. */
  async #delay(kind: RequestKind, startMs: number): Promise<void> {
    const { profile, random, clock } = this.#options;
    const latency = profile.latency[kind];
    if (latency === undefined) return;
    const leftMs = startMs + sampleLatencyMs(latency, random) - clock.nowMs();
    if (leftMs > 0) await sleep(clock, leftMs);
  }
}

const rawPath = (path: string): string => (path.startsWith('/') ? path : '/');

function kindOf(method: string, key: string, query: URLSearchParams): RequestKind | null {
  if (key === '') {
    if (method === 'GET' && query.get('list-type') === '2') return 'list';
    return method === 'POST' && query.has('delete') ? 'delete' : null;
  }
  if (query.size > 0) return null;
  return ({ GET: 'get', HEAD: 'head', PUT: 'put', DELETE: 'delete' } as const)[method as 'GET'] ?? null;
}

function sendXml(response: ServerResponse, xml: string): void {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`, 'utf8');
  response.writeHead(200, { 'Content-Type': 'application/xml', 'Content-Length': body.byteLength }).end(body);
}

function refuse(response: ServerResponse, thrown: unknown, request: IncomingMessage): void {
  const refusal = thrown instanceof S3Refusal ? thrown : S3Refusal.from(thrown);
  const body = request.method === 'HEAD' ? '' : refusal.toXml();
  response.writeHead(refusal.status, { 'Content-Type': 'application/xml', 'Content-Length': Buffer.byteLength(body) }).end(body);
}

