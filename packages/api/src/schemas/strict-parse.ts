/** Parsing what users write: all problems at once, and an unknown key names the one that was meant. */
import { nearestName } from '@pappus/composition';
import { AppError } from '@pappus/core';
import { z } from 'zod';
import { MAX_QUOTED_CHARS, MAX_SHOWN_PROBLEMS } from '../limits.ts';

export type Parsed<T> = { readonly kind: 'parsed'; readonly value: T } | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Parses without throwing. Each problem begins with its place: `limits.timeMs: …`. */
export function parseWith<T>(schema: z.ZodType<T, unknown>, input: unknown): Parsed<T> {
  const result = schema.safeParse(input);
  if (result.success) return { kind: 'parsed', value: result.data };
  const problems = result.error.issues.flatMap((issue) => describe(issue, schema));
  const shown = problems.slice(0, MAX_SHOWN_PROBLEMS);
  return { kind: 'refused', problems: problems.length > shown.length ? [...shown, `and ${problems.length - shown.length} more`] : shown };
}

/** Parses, or throws one `invalid-argument` that names every problem. */
export function parseStrict<T>(schema: z.ZodType<T, unknown>, input: unknown, what: string): T {
  const parsed = parseWith(schema, input);
  if (parsed.kind === 'parsed') return parsed.value;
  throw new AppError('invalid-argument', `${what}: ${parsed.problems.join('; ')}`);
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [at(issue.path, issue.message)];
  const known = knownKeys(schema, issue.path);
  return issue.keys.map((key) => {
    const near = nearestName(key, known);
    return at(issue.path, `there is no key ${quoted(key)}${near === null ? '' : `: did you mean "${near}"?`}`);
  });
}

const at = (path: readonly PropertyKey[], message: string): string => (path.length === 0 ? message : `${quotedPath(path)}: ${message}`);

function quotedPath(path: readonly PropertyKey[]): string {
  const text = path.map(String).join('.');
  return text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
}

const quoted = (text: string): string => JSON.stringify(text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text);

/** Keys that the object at `path` may have. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const bare = unwrapped(schema);
  const [first, ...rest] = path;
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => knownKeys(option, path));
  if (first === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  const inner = innerSchema(bare, String(first));
  return inner === null ? [] : knownKeys(inner, rest);
}

function innerSchema(schema: z.core.$ZodType, key: string): z.core.$ZodType | null {
  if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<string, z.core.$ZodType>>)[key] ?? null;
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return null;
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly) {
    return unwrapped(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.def.in);
  return schema;
}
