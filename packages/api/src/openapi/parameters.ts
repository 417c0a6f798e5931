/** Parameters that operations share. */
import { DEFAULT_LOG_ENTRIES, DEFAULT_PAGE_NAMES, MAX_LOG_ENTRIES, MAX_LOG_WAIT_MS, MAX_PAGE_NAMES } from '../limits.ts';
import { HEADERS } from '../schemas/invocation.ts';
import type { Parameter } from './operation.ts';

const text = { type: 'string' } as const;
const count = (maximum: number, initial: number): Readonly<Record<string, unknown>> => ({ type: 'integer', minimum: 1, maximum, default: initial });

export const NAME: Parameter = { name: 'name', in: 'path', description: 'Name of the function or composition', schema: { $ref: '#/components/schemas/Name' } };
export const REFERENCE: Parameter = { name: 'reference', in: 'path', description: 'A name, or `name@hash` for one version; the first 8 digits of the hash are enough', schema: text };
export const INVOCATION: Parameter = { name: 'id', in: 'path', description: 'Id of an invocation', schema: text };
export const FORCE: Parameter = { name: 'force', in: 'query', description: 'Remove it even where compositions call it', schema: { type: 'boolean', default: false } };

export const PAGE: readonly Parameter[] = [
  { name: 'after', in: 'query', description: 'Names behind this one: `next` of the page before', schema: text },
  { name: 'limit', in: 'query', description: 'Most names of the page', schema: count(MAX_PAGE_NAMES, DEFAULT_PAGE_NAMES) },
];

export const LOG_WINDOW: readonly Parameter[] = [
  { name: 'after', in: 'query', description: 'Entries behind this sequence number: `next` of the answer before', schema: { type: 'integer', minimum: 0 } },
  { name: 'limit', in: 'query', description: 'Most entries', schema: count(MAX_LOG_ENTRIES, DEFAULT_LOG_ENTRIES) },
  { name: 'wait', in: 'query', description: 'Milliseconds to wait for an entry where there is none yet', schema: { type: 'integer', minimum: 0, maximum: MAX_LOG_WAIT_MS } },
];

export const FUNCTION_SPEC: readonly Parameter[] = [
  { name: 'spec', in: 'query', description: 'With a raw body: the spec as JSON, instead of `in` and `out`', schema: text },
  { name: 'in', in: 'query', description: 'With a raw body: names of the input sets, with commas between', schema: text },
  { name: 'out', in: 'query', description: 'With a raw body: names of the output sets, with commas between', schema: text },
  { name: 'kind', in: 'query', description: 'With a raw body: `wasm` or `javascript`', schema: { enum: ['wasm', 'javascript'], default: 'wasm' } },
];

export const INVOKE: readonly Parameter[] = [
  { name: 'set', in: 'query', description: `Set of the item of a raw body, instead of the first; or the header ${HEADERS.set}`, schema: text },
  { name: 'item', in: 'query', description: `Name of the item of a raw body; or the header ${HEADERS.item}`, schema: { type: 'string', default: 'body' } },
  { name: 'key', in: 'query', description: `Key of the item of a raw body; or the header ${HEADERS.key}`, schema: { type: 'integer', minimum: 0, maximum: 0xffff_ffff, default: 0 } },
  { name: 'timeout', in: 'query', description: `Longest time of the invocation: milliseconds, or with a unit as in \`10s\`; or the header ${HEADERS.deadline}`, schema: text },
  { name: HEADERS.deadline, in: 'header', description: 'As `timeout`', schema: text },
  { name: HEADERS.trace, in: 'header', description: '`1` traces this invocation, whatever the sampling', schema: text },
];
