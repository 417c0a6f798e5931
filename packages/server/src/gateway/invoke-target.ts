/** What the URL and the headers of an invocation say: what to run, and how. */
import type { IncomingHttpHeaders } from 'node:http';
import { HEADERS } from '@pappus/api';
import { AppError } from '@pappus/core';
import { parseDuration } from '../formats/duration.ts';
import type { RawItem } from '../formats/request-sets.ts';

export const INVOKE_PREFIX = '/v1/invoke/';

export interface InvokeTarget {
  readonly reference: string;
  /** Null without a query, which is the usual case. */
  readonly query: URLSearchParams | null;
}

const DEADLINE = HEADERS.deadline.toLowerCase();
const TRACE = HEADERS.trace.toLowerCase();
const SET = HEADERS.set.toLowerCase();
const ITEM = HEADERS.item.toLowerCase();
const KEY = HEADERS.key.toLowerCase();
const NOTHING_SAID: RawItem = { set: null, name: null, key: null };
const PARAMETERS: readonly string[] = ['set', 'item', 'key', 'timeout'];

/** `url` begins with the prefix. */
export function parseTarget(url: string): InvokeTarget {
  const mark = url.indexOf('?', INVOKE_PREFIX.length);
  const encoded = mark < 0 ? url.slice(INVOKE_PREFIX.length) : url.slice(INVOKE_PREFIX.length, mark);
  const query = mark < 0 ? null : new URLSearchParams(url.slice(mark + 1));
  if (query !== null) {
    const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
    if (unknown !== undefined) throw new AppError('invalid-argument', `there is no query parameter ${JSON.stringify(unknown.slice(0, 60))}: there are ${PARAMETERS.join(', ')}`);
  }
  return { reference: decoded(encoded), query };
}

export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AppError('invalid-argument', 'the path is not UTF-8 in percent encoding');
  }
}

export function rawItemOf({ query }: InvokeTarget, headers: IncomingHttpHeaders): RawItem {
  if (query === null && headers[SET] === undefined && headers[ITEM] === undefined && headers[KEY] === undefined) return NOTHING_SAID;
  const said = (parameter: string, header: string): string | null => query?.get(parameter) ?? single(headers[header]);
  return { set: said('set', SET), name: said('item', ITEM), key: said('key', KEY) };
}

/** Milliseconds that the invocation may take. */
export function timeoutOf({ query }: InvokeTarget, headers: IncomingHttpHeaders, defaults: { readonly timeoutMs: number; readonly maxTimeoutMs: number }): number {
  const said = query?.get('timeout') ?? single(headers[DEADLINE]);
  return said === null ? defaults.timeoutMs : parseDuration(said, defaults.maxTimeoutMs);
}

export const wantsTrace = (headers: IncomingHttpHeaders): boolean => headers[TRACE] === '1';

const single = (value: string | string[] | undefined): string | null => (typeof value === 'string' ? value : null);
