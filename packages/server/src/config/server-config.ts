/** The configuration of a server: parsed once by a strict schema, with every default filled in, and frozen. */
import { readFile } from 'node:fs/promises';
import { AppError, errorMessage } from '@pappus/core';
import { parseStrict } from '@pappus/api';
import { z } from 'zod';
import { isLoopback } from '../access/local-names.ts';
import {
  DEFAULT_ACCESS_LOG_ONE_IN,
  DEFAULT_ANSWER_MEMORY_BYTES,
  DEFAULT_BODY_BYTES,
  DEFAULT_BODY_MEMORY_BYTES,
  DEFAULT_BODY_STALL_MS,
  DEFAULT_CONNECTIONS,
  DEFAULT_DRAIN_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_INVOCATION_MS,
  DEFAULT_INVOCATIONS_AT_ONCE,
  DEFAULT_KEEP_ALIVE_MS,
  DEFAULT_KEPT_TRACES,
  DEFAULT_REQUEST_TIMEOUT_MS,
  DEFAULT_TRACE_ONE_IN,
  MAX_BODY_BYTES,
  MAX_INVOCATION_MS,
  MAX_TOKENS,
} from '../limits.ts';

export interface TokenConfig {
  readonly name: string;
  /** Of the token, in lower-case hexadecimal: `printf %s TOKEN | sha256sum`. */
  readonly sha256: string;
  readonly quotas: { readonly invocationsPerMinute: number | null; readonly bytesPerMinute: number | null; readonly concurrent: number | null };
}

export interface ServerConfig {
  /** Registry and engine folders are kept in it. */
  readonly folder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tokens: readonly TokenConfig[];
  readonly engines: {
    readonly processes: number;
    /** Threads that compute at the start; null: as many as cores. */
    readonly threads: number | null;
    readonly spares: number;
    readonly spareProcesses: number;
  };
  readonly io: {
    /** Destinations of the HTTP function; none: there is no such function. */
    readonly http: { readonly allow: readonly string[]; /** Those of them that may resolve to private addresses. */ readonly allowPrivate: readonly string[] };
    /** Folder of the Files function; null: there is no such function. */
    readonly files: { readonly folder: string | null };
    /** Runs of I/O functions at a time for each core that the core split gives to I/O. */
    readonly slots: number;
  };
  readonly cacheBytes: number;
  readonly http: {
    readonly maxBodyBytes: number;
    readonly bodyMemoryBytes: number;
    /** Of answers that their clients have not read. */
    readonly answerMemoryBytes: number;
    readonly maxConnections: number;
    readonly headersTimeoutMs: number;
    readonly requestTimeoutMs: number;
    /** A client that sends nothing of its body for so long gets 408. */
    readonly bodyStallMs: number;
    readonly keepAliveMs: number;
  };
  /** `atOnce`: with so many under way, more are refused with 429. */
  readonly invocations: { readonly timeoutMs: number; readonly maxTimeoutMs: number; readonly atOnce: number };
  readonly drainMs: number;
  readonly traces: { readonly kept: number; readonly oneIn: number };
  readonly accessLog: { readonly oneIn: number };
  /** OTLP over HTTP with JSON; null exports nothing. */
  readonly otlp: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>>; readonly serviceName: string } | null;
}

const patterns = (): z.ZodDefault<z.ZodArray<z.ZodString>> => z.array(z.string().min(1).max(2_048)).max(1_000).default([]);
const whole = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);
const bytes = (initial: number, max: number): z.ZodDefault<z.ZodNumber> => whole(0, max).default(initial);

const perMinute = whole(1, Number.MAX_SAFE_INTEGER).nullable().default(null);
const tokenSchema = z.strictObject({
  name: z.string().min(1).max(64).regex(/^[\w.-]+$/, "letters, digits, '_', '.' and '-'"),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the token: 64 digits of lower-case hexadecimal'),
  quotas: z.strictObject({ invocationsPerMinute: perMinute, bytesPerMinute: perMinute, concurrent: whole(1, 1_000_000).nullable().default(null) }).prefault({}),
});
const tokensSchema = z
  .array(tokenSchema)
  .max(MAX_TOKENS)
  .refine((tokens) => new Set(tokens.map(({ name }) => name)).size === tokens.length, 'two tokens have the same name');

const configSchema: z.ZodType<ServerConfig> = z.strictObject({
  folder: z.string().min(1),
  host: z.string().min(1).default('127.0.0.1'),
  port: whole(0, 65_535).default(7077),
  tokens: tokensSchema.default([]),
  engines: z
    .strictObject({
      processes: whole(1, 64).default(1),
      threads: whole(1, 256).nullable().default(null),
      spares: whole(0, 8).default(1),
      spareProcesses: whole(0, 4).default(1),
    })
    .prefault({}),
  io: z
    .strictObject({
      http: z.strictObject({ allow: patterns(), allowPrivate: patterns() }).prefault({}),
      files: z.strictObject({ folder: z.string().min(1).nullable().default(null) }).prefault({}),
      slots: whole(1, 4_096).default(64),
    })
    .prefault({}),
  cacheBytes: bytes(256 * 1024 ** 2, 64 * 1024 ** 3),
  http: z
    .strictObject({
      maxBodyBytes: bytes(DEFAULT_BODY_BYTES, MAX_BODY_BYTES),
      bodyMemoryBytes: bytes(DEFAULT_BODY_MEMORY_BYTES, 1024 ** 4),
      answerMemoryBytes: bytes(DEFAULT_ANSWER_MEMORY_BYTES, 1024 ** 4),
      maxConnections: whole(1, 1_000_000).default(DEFAULT_CONNECTIONS),
      headersTimeoutMs: whole(100, 600_000).default(DEFAULT_HEADERS_TIMEOUT_MS),
      requestTimeoutMs: whole(100, 86_400_000).default(DEFAULT_REQUEST_TIMEOUT_MS),
      bodyStallMs: whole(100, 3_600_000).default(DEFAULT_BODY_STALL_MS),
      keepAliveMs: whole(100, 3_600_000).default(DEFAULT_KEEP_ALIVE_MS),
    })
    .refine(({ headersTimeoutMs, requestTimeoutMs }) => requestTimeoutMs >= headersTimeoutMs, {
      message: 'must be at least headersTimeoutMs: a request has its headers and its body',
      path: ['requestTimeoutMs'],
    })
    .prefault({}),
  invocations: z
    .strictObject({
      timeoutMs: whole(1, MAX_INVOCATION_MS).default(DEFAULT_INVOCATION_MS),
      maxTimeoutMs: whole(1, MAX_INVOCATION_MS).default(MAX_INVOCATION_MS),
      atOnce: whole(1, 1_000_000).default(DEFAULT_INVOCATIONS_AT_ONCE),
    })
    .prefault({}),
  drainMs: whole(0, 600_000).default(DEFAULT_DRAIN_MS),
  traces: z.strictObject({ kept: whole(0, 100_000).default(DEFAULT_KEPT_TRACES), oneIn: whole(1, 1_000_000).default(DEFAULT_TRACE_ONE_IN) }).prefault({}),
  accessLog: z.strictObject({ oneIn: whole(1, 1_000_000).default(DEFAULT_ACCESS_LOG_ONE_IN) }).prefault({}),
  otlp: z
    .strictObject({ endpoint: z.url({ protocol: /^https?$/ }), headers: z.record(z.string(), z.string()).default({}), serviceName: z.string().min(1).default('pappus') })
    .nullable()
    .default(null),
});

/** As a user writes it: everything but `folder` has a default. */
export type ServerConfigInput = Readonly<Record<string, unknown>>;

/** Throws one `invalid-argument` that names all that is wrong. */
export function parseServerConfig(input: unknown, what = 'the configuration'): ServerConfig {
  const config = parseStrict(configSchema, input, what);
  if (config.tokens.length === 0 && !isLoopback(config.host)) {
    throw new AppError('invalid-argument', `${what}: ${config.host} is reached from other machines, and there is no token`, {
      hint: 'Give tokens (pappus token NAME makes one for --token-file), or listen on 127.0.0.1.',
    });
  }
  return deepFrozen(config);
}

/** A token file: `{"tokens": [{"name": …, "sha256": …, "quotas": …}]}`. */
export async function readTokenFile(path: string): Promise<readonly TokenConfig[]> {
  const schema = z.strictObject({ tokens: tokensSchema });
  return parseStrict(schema, await readJsonFile(path), path).tokens;
}

/** A JSON file, with errors that name it. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    throw new AppError('invalid-argument', `${path} cannot be read as JSON: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}
