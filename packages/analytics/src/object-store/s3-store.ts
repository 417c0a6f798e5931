/** The object store on any S3-compatible endpoint: retries, deadlines, hedged reads and exact counts around single attempts. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError, sleep, withDeadline, type Clock, type Random } from '@pappus/core';
import { Gate } from './gate.ts';
import {
  DEFAULT_ATTEMPTS,
  DEFAULT_CALL_TIMEOUT_MS,
  DEFAULT_CONCURRENCY,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_RETRY_BASE_MS,
  DEFAULT_RETRY_MAX_MS,
  MAX_DELETE_KEYS,
  MAX_KEY_BYTES,
  MAX_PAGE_KEYS,
  MAX_PUT_BYTES,
} from './limits.ts';
import type { ByteRange, ObjectBytes, ObjectInfo, ObjectStore, PutBody } from './object-store.ts';
import { RequestCounter, type RequestCounts, type RequestKind } from './request-counts.ts';
import { withRetries, type RetryPolicy } from './retry.ts';
import { S3Http, type Answer, type Attempt } from './s3-attempt.ts';
import { refused, truncated, type Target } from './s3-errors.ts';
import { s3Address, type S3Connection } from './s3-options.ts';
import { parseDeleteErrors, parseListPage, printDelete } from './s3-xml.ts';

/** A second GET is sent when the first has not answered after `afterMs` plus the time that its bytes take. */
export interface HedgePolicy {
  readonly afterMs: number;
  readonly bytesPerSecond: number;
}

export interface S3StoreOptions {
  readonly connection: S3Connection;
  readonly bucket: string;
  readonly clock: Clock;
  /** For jitter only. */
  readonly random: Random;
  readonly concurrency?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly idleTimeoutMs?: number;
  readonly callTimeoutMs?: number;
  /** Keys in one page of a listing; smaller pages bring the first keys sooner. */
  readonly listPageKeys?: number;
  /** Absent: reads are not hedged. */
  readonly hedge?: HedgePolicy;
}

type Call = Omit<Attempt, 'target'> & { readonly kind: RequestKind; readonly what: string };

const DEFAULT_RETRY: RetryPolicy = { attempts: DEFAULT_ATTEMPTS, baseMs: DEFAULT_RETRY_BASE_MS, maxMs: DEFAULT_RETRY_MAX_MS };

export class S3Store implements ObjectStore {
  readonly bucket: string;
  readonly #options: S3StoreOptions;
  readonly #basePath: string;
  readonly #endpoint: string;
  readonly #http: S3Http;
  readonly #gate: Gate;
  readonly #counter = new RequestCounter();
  readonly #policy: RetryPolicy;

  constructor(options: S3StoreOptions) {
    const { connection, bucket, clock, concurrency = DEFAULT_CONCURRENCY, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS } = options;
    const { region, credentials } = connection;
    const address = s3Address(connection, bucket);
    this.bucket = bucket;
    this.#options = options;
    this.#basePath = address.basePath;
    this.#endpoint = `${address.secure ? 'https' : 'http'}://${address.authority}`;
    this.#gate = new Gate(concurrency);
    this.#policy = { ...DEFAULT_RETRY, ...options.retry };
    this.#http = new S3Http({ address, region, credentials, clock, idleTimeoutMs, concurrency, onBytes: (direction, bytes) => this.#counter.add(direction, bytes) });
  }

  async get(key: string, range: ByteRange | null, signal: AbortSignal): Promise<ObjectBytes> {
    const headers = range === null ? {} : { Range: rangeHeader(range) };
    const call: Call = { kind: 'get', method: 'GET', path: this.#path(key), headers, body: null, what: this.#what('GET', key) };
    const { headers: answered, body } = await this.#call(call, signal, (own) => this.#hedged(call, range, own));
    const span = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answered['content-range'] ?? '');
    const sizeBytes = span === null ? body.byteLength : Number(span[3]);
    return { bytes: body, sizeBytes, etag: answered.etag ?? '' };
  }

  async put(key: string, body: PutBody, signal: AbortSignal): Promise<ObjectInfo> {
    const sizeBytes = body instanceof Uint8Array ? body.byteLength : body.sizeBytes;
    if (sizeBytes > MAX_PUT_BYTES) throw new AppError('resource-exhausted', `${this.#what('PUT', key)}: ${sizeBytes} bytes, above S3's limit of ${MAX_PUT_BYTES} for one PUT`);
    const headers = body instanceof Uint8Array ? { 'x-amz-checksum-crc32': crc32Base64(body) } : {};
    const answer = await this.#call({ kind: 'put', method: 'PUT', path: this.#path(key), headers, body, what: this.#what('PUT', key) }, signal);
    return { key, sizeBytes, etag: answer.headers.etag ?? '' };
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    const { headers } = await this.#call({ kind: 'head', method: 'HEAD', path: this.#path(key), headers: {}, body: null, what: this.#what('HEAD', key) }, signal);
    return { key, sizeBytes: Number(headers['content-length'] ?? 0), etag: headers.etag ?? '' };
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectInfo> {
    for (let token: string | null = ''; token !== null; ) {
      const query = `list-type=2&encoding-type=url&max-keys=${this.#options.listPageKeys ?? MAX_PAGE_KEYS}&prefix=${encode(prefix)}${token === '' ? '' : `&continuation-token=${encode(token)}`}`;
      const answer = await this.#call({ kind: 'list', method: 'GET', path: `${this.#bucketPath()}?${query}`, headers: {}, body: null, what: this.#what('LIST', prefix) }, signal);
      const page = parseListPage(textBody(answer));
      yield* page.objects;
      token = page.next;
    }
  }

  async delete(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < keys.length; from += MAX_DELETE_KEYS) await this.#deletePage(keys.slice(from, from + MAX_DELETE_KEYS), signal);
  }

  counts(): RequestCounts {
    return this.#counter.snapshot();
  }

  close(): void {
    this.#http.close();
  }

  async #deletePage(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(printDelete(keys), 'utf8');
    const headers = { 'Content-Type': 'application/xml', 'Content-MD5': createHash('md5').update(body).digest('base64') };
    const what = this.#what('DELETE', keys.length === 1 ? (keys[0] ?? '') : `(${keys.length} objects)`);
    const answer = await this.#call({ kind: 'delete', method: 'POST', path: `${this.#bucketPath()}?delete=`, headers, body, what }, signal);
    const [failed] = parseDeleteErrors(textBody(answer));
    if (failed !== undefined) throw new AppError('unavailable', `${this.#what('DELETE', failed.key)}: ${failed.code}`);
  }

  /** A call with its deadline and its attempts; resolves with an answer of status 2xx. */
  #call(call: Call, signal: AbortSignal, attempt: (signal: AbortSignal) => Promise<Answer> = (own) => this.#attempt(call, own)): Promise<Answer> {
    const { clock, random, callTimeoutMs = DEFAULT_CALL_TIMEOUT_MS } = this.#options;
    return withDeadline({ clock, timeoutMs: callTimeoutMs, waitingFor: call.what, signal }, (own) =>
      withRetries({ policy: this.#policy, clock, random, signal: own, onRetry: () => this.#counter.add('retries') }, () => this.#gate.run(own, () => attempt(own))),
    );
  }

  async #attempt(call: Call, signal: AbortSignal): Promise<Answer> {
    const target: Target = { what: call.what, bucket: this.bucket, endpoint: this.#endpoint };
    this.#counter.add(call.kind);
    const answer = await this.#http.send({ ...call, target }, signal);
    if (answer.status < 200 || answer.status > 299) throw refused(target, { ...answer, body: textBody(answer) });
    const span = /^bytes (\d+)-(\d+)\//.exec(answer.headers['content-range'] ?? '');
    const promised = span === null ? answer.body.byteLength : Number(span[2]) - Number(span[1]) + 1;
    if (call.kind === 'get' && answer.body.byteLength !== promised) throw truncated(target, answer.body.byteLength, promised);
    return answer;
  }

  /** The first of two equal reads that succeeds; the other one is given up. */
  async #hedged(call: Call, range: ByteRange | null, signal: AbortSignal): Promise<Answer> {
    const { hedge, clock } = this.#options;
    if (hedge === undefined) return this.#attempt(call, signal);
    const length = range === null ? 0 : 'suffix' in range ? range.suffix : range.length;
    const controller = new AbortController();
    const either = AbortSignal.any([signal, controller.signal]);
    const first = this.#attempt(call, either);
    const delayMs = hedge.afterMs + (length / hedge.bytesPerSecond) * 1_000;
    const second = sleep(clock, delayMs, either).then(() => {
      this.#counter.add('hedges');
      return this.#attempt(call, either);
    });
    second.catch(() => {});
    try {
      return await Promise.race([first, second.catch(() => first)]);
    } finally {
      controller.abort(new AppError('cancelled', 'the other read was faster'));
      first.catch(() => {});
    }
  }

  #what(method: string, key: string): string {
    return `${method} s3://${this.bucket}/${key}`;
  }

  #bucketPath(): string {
    return this.#basePath.length > 1 ? this.#basePath.slice(0, -1) : '/';
  }

  #path(key: string): string {
    const bytes = Buffer.byteLength(key, 'utf8');
    if (bytes === 0 || bytes > MAX_KEY_BYTES) throw new AppError('invalid-argument', `an object's key has 1 to ${MAX_KEY_BYTES} bytes, not ${bytes}`);
    return this.#basePath + key.split('/').map(encode).join('/');
  }
}

/** RFC 3986's unreserved characters stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function rangeHeader(range: ByteRange): string {
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

function textBody(answer: Answer): string {
  return Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength).toString('utf8');
}

export function crc32Base64(bytes: Uint8Array): string {
  const sum = Buffer.allocUnsafe(4);
  sum.writeUInt32BE(crc32(bytes), 0);
  return sum.toString('base64');
}
