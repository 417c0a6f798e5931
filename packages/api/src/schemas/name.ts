/** Names, hashes and references, as the registry has them. */
import { z } from 'zod';
import { MAX_NAME_CHARS } from '../limits.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HASH = /^[0-9a-f]{64}$/;

export const nameSchema: z.ZodType<string, string> = z
  .string()
  .max(MAX_NAME_CHARS)
  .regex(NAME, "letters, digits and '_', not beginning with a digit")
  .meta({ id: 'Name', description: 'Name of a function, a composition or one of their sets', examples: ['thumbnail'] });

export const hashSchema: z.ZodType<string> = z.string().regex(HASH).meta({ id: 'Hash', description: 'Content hash of a version: SHA-256 in lower-case hexadecimal' });

/** A moment as text: `2026-11-22T10:00:00.000Z`. */
export const momentSchema: z.ZodType<string> = z.iso.datetime();

export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export const signatureSchema: z.ZodType<Signature> = z
  .object({ inputs: z.array(z.string()), outputs: z.array(z.string()) })
  .meta({ id: 'Signature', description: 'Names of the sets that a function takes and gives' });
