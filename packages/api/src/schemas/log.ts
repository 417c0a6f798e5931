/** What functions wrote to stdout and stderr. */
import { z } from 'zod';
import { momentSchema } from './name.ts';

export interface LogEntry {
  /** Grows by one with every entry of the function. */
  readonly sequence: number;
  readonly at: string;
  readonly invocation: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Bytes that the run wrote beyond its limit, which were dropped. */
  readonly droppedBytes: number;
}

export interface Logs {
  readonly entries: readonly LogEntry[];
  /** `after` of the next request. */
  readonly next: number;
  /** Entries that were overwritten before they were asked for. */
  readonly lost: number;
}

export const logsSchema: z.ZodType<Logs> = z
  .object({
    entries: z.array(
      z
        .object({ sequence: z.int(), at: momentSchema, invocation: z.string(), stream: z.enum(['stdout', 'stderr']), text: z.string(), droppedBytes: z.int() })
        .meta({ id: 'LogEntry', description: 'What one run wrote to one stream' }),
    ),
    next: z.int(),
    lost: z.int(),
  })
  .meta({ id: 'Logs', description: 'Entries in their order' });
