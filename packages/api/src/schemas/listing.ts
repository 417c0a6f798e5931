/** Lists of what is registered, page by page. */
import { z } from 'zod';
import { hashSchema, momentSchema, nameSchema } from './name.ts';

export interface Listed {
  readonly kind: 'function' | 'composition';
  readonly name: string;
  /** Of the latest version. */
  readonly hash: string;
  readonly deployedAt: string;
  readonly versions: number;
}

export interface Listing {
  readonly names: readonly Listed[];
  /** `after` of the next page; null on the last one. */
  readonly next: string | null;
}

export const listingSchema: z.ZodType<Listing> = z
  .object({
    names: z.array(
      z.object({ kind: z.enum(['function', 'composition']), name: nameSchema, hash: hashSchema, deployedAt: momentSchema, versions: z.number() }).meta({ id: 'Listed' }),
    ),
    next: nameSchema.nullable(),
  })
  .meta({ id: 'Listing', description: 'Names in their order' });
