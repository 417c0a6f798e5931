/** How runs of a function are kept apart, and why so. */
import { z } from 'zod';

export interface Isolation {
  readonly mode: 'reset' | 'pooled';
  /** One sentence each: why reset is safe, or why the runs are pooled. */
  readonly reasons: readonly string[];
  readonly abi: 'wasi' | 'lean' | 'javascript';
  readonly imports: readonly string[];
  readonly memory: { readonly initialPages: number; readonly maximumPages: number };
  readonly functions: number;
}

export const isolationSchema: z.ZodType<Isolation> = z
  .object({
    mode: z.enum(['reset', 'pooled']).describe('reset: a kept instance is put back into its first state. pooled: a new instance on pooled memory'),
    reasons: z.array(z.string()).describe('why reset is safe, or why the runs are pooled'),
    abi: z.enum(['wasi', 'lean', 'javascript']),
    imports: z.array(z.string()),
    memory: z.object({ initialPages: z.number(), maximumPages: z.number() }),
    functions: z.number(),
  })
  .meta({ id: 'Isolation', description: 'How runs are kept apart, as registration found out' });
