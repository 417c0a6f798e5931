/** Where an invocation spent its time. */
import { z } from 'zod';
import { hashSchema, momentSchema, nameSchema } from './name.ts';
import { problemSchema, type Problem } from './problem.ts';

/** One run of one function. Times in µs; `startedUs` since the start of the invocation. */
export interface TraceSpan {
  /** Place of the application in its composition; 0 for a function alone. */
  readonly application: number;
  /** After the names of the compositions inside the invoked one, with `/` between them. */
  readonly function: string;
  /** Sets of the composition that the application makes: with the function they say which one it is. */
  readonly makes: readonly string[];
  /** Number of the run among those of its application. */
  readonly run: number;
  readonly startedUs: number;
  readonly queueUs: number;
  readonly fetchUs: number;
  readonly sandboxUs: number;
  readonly computeUs: number;
  readonly storeUs: number;
  /** Its result was kept from an earlier run. */
  readonly cached: boolean;
}

export interface Trace {
  readonly invocation: string;
  readonly name: string;
  readonly hash: string;
  readonly startedAt: string;
  readonly durationUs: number;
  readonly outcome: 'done' | 'failed' | 'cancelled';
  readonly problem: Problem | null;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly spans: readonly TraceSpan[];
  /** Spans beyond the limit. */
  readonly droppedSpans: number;
}

const us = z.number().min(0);

const spanSchema: z.ZodType<TraceSpan> = z
  .object({
    application: z.int(),
    function: z.string().describe('After the names of the compositions inside the invoked one, with / between them'),
    makes: z.array(z.string()).describe('Sets of the composition that the application makes'),
    run: z.int(),
    startedUs: us,
    queueUs: us.describe('Waiting for a thread or a slot'),
    fetchUs: us.describe('I/O of the platform, or the way to the thread and back'),
    sandboxUs: us.describe('Making the state fresh and writing the inputs'),
    computeUs: us.describe("The function's own code"),
    storeUs: us.describe('Reading the outputs'),
    cached: z.boolean(),
  })
  .meta({ id: 'TraceSpan', description: 'One run of one function' });

export const traceSchema: z.ZodType<Trace> = z
  .object({
    invocation: z.string(),
    name: nameSchema,
    hash: hashSchema,
    startedAt: momentSchema,
    durationUs: us,
    outcome: z.enum(['done', 'failed', 'cancelled']),
    problem: problemSchema.nullable(),
    inputBytes: z.number(),
    outputBytes: z.number(),
    spans: z.array(spanSchema),
    droppedSpans: z.int(),
  })
  .meta({ id: 'Trace', description: 'Where an invocation spent its time' });
