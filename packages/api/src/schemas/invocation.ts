/** An invocation's outputs where they are asked for as JSON. */
import { z } from 'zod';
import { hashSchema, nameSchema } from './name.ts';

export interface JsonItem {
  readonly name: string;
  readonly key: number;
  /** Base64. */
  readonly data: string;
}

export interface InvocationResult {
  readonly invocation: string;
  readonly name: string;
  readonly hash: string;
  readonly sets: readonly { readonly name: string; readonly items: readonly JsonItem[] }[];
}

export const invocationResultSchema: z.ZodType<InvocationResult> = z
  .object({
    invocation: z.string(),
    name: nameSchema,
    hash: hashSchema,
    sets: z.array(
      z.object({
        name: z.string(),
        items: z.array(z.object({ name: z.string(), key: z.number().int().min(0).max(0xffff_ffff), data: z.base64() })),
      }),
    ),
  })
  .meta({ id: 'InvocationResult', description: 'Output sets, item bytes in base64' });

/** Media types of sets in requests and responses. */
export const MEDIA_TYPES = {
  frame: 'application/vnd.pappus.sets',
  tar: 'application/x-tar',
  multipart: 'multipart/form-data',
  json: 'application/json',
  bytes: 'application/octet-stream',
} as const;

/** Header names of our own, as they are sent. */
export const HEADERS = {
  /** Id of the invocation, in every answer to one. */
  invocation: 'Pappus-Invocation',
  /** Milliseconds or `10s` that the invocation may take; as the query parameter `timeout`. */
  deadline: 'Pappus-Deadline',
  /** Key of an item: of a part, or of a raw body. */
  key: 'Pappus-Key',
  /** Name of the item of a raw body. */
  item: 'Pappus-Item',
  /** Set of the item of a raw body. */
  set: 'Pappus-Set',
  /** `1`: trace this invocation, whatever the sampling. */
  trace: 'Pappus-Trace',
  /** Version that ran. */
  version: 'Pappus-Version',
} as const;
