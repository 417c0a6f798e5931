/** What is registered of a function besides its code: as a user writes it, and with all defaults filled in. */
import { z } from 'zod';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_LOG_BYTES,
  DEFAULT_MEMORY_BYTES,
  DEFAULT_OUTPUT_BYTES,
  DEFAULT_OUTPUT_ITEMS,
  DEFAULT_TIME_MS,
  MAX_CONCURRENCY,
  MAX_ENVIRONMENT_CHARS,
  MAX_ENVIRONMENT_VARIABLES,
  MAX_LOG_BYTES,
  MAX_MEMORY_BYTES,
  MAX_OUTPUT_BYTES,
  MAX_OUTPUT_ITEMS,
  MAX_SETS_OF_FUNCTION,
  MAX_TIME_MS,
} from '../limits.ts';
import { nameSchema } from './name.ts';

export interface FunctionLimits {
  readonly memoryBytes: number;
  readonly timeMs: number;
  readonly outputBytes: number;
  readonly outputItems: number;
  readonly logBytes: number;
  readonly concurrency: number;
}

export interface Capabilities {
  readonly clock: boolean;
  readonly random: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionSpec {
  readonly kind: 'wasm' | 'javascript';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly limits: FunctionLimits;
  readonly capabilities: Capabilities;
  readonly memoize: boolean;
}

/** As a user writes it: only the names of the sets have no default. */
export interface FunctionSpecRequest {
  readonly kind?: 'wasm' | 'javascript' | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly limits?: { readonly [K in keyof FunctionLimits]?: number | undefined } | undefined;
  readonly capabilities?: { readonly clock?: boolean | undefined; readonly random?: boolean | undefined; readonly environment?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly memoize?: boolean | undefined;
}

const whole = (min: number, max: number, initial: number, description: string): z.ZodDefault<z.ZodNumber> => z.number().int().min(min).max(max).default(initial).describe(description);

const limitsSchema = z
  .strictObject({
    memoryBytes: whole(65_536, MAX_MEMORY_BYTES, DEFAULT_MEMORY_BYTES, 'Most memory of one run, in bytes'),
    timeMs: whole(1, MAX_TIME_MS, DEFAULT_TIME_MS, 'Longest time of one run, in ms'),
    outputBytes: whole(1, MAX_OUTPUT_BYTES, DEFAULT_OUTPUT_BYTES, 'Most bytes of all output items of one run, names included'),
    outputItems: whole(1, MAX_OUTPUT_ITEMS, DEFAULT_OUTPUT_ITEMS, 'Most output items of one run'),
    logBytes: whole(0, MAX_LOG_BYTES, DEFAULT_LOG_BYTES, 'Most bytes kept of each of stdout and stderr'),
    concurrency: whole(1, MAX_CONCURRENCY, DEFAULT_CONCURRENCY, 'Most runs at once, over all invocations; a function with fewer than 256 is handed to a thread for each run, and does not stay on that of the one before it'),
  })
  .meta({ id: 'FunctionLimits' });

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const capabilitiesSchema = z
  .strictObject({
    clock: z.boolean().default(false).describe('The function sees the time'),
    random: z.boolean().default(false).describe('The function sees randomness'),
    environment: z
      .record(z.string().max(256).regex(VARIABLE), z.string().max(MAX_ENVIRONMENT_CHARS))
      .refine((variables) => Object.keys(variables).length <= MAX_ENVIRONMENT_VARIABLES, `at most ${MAX_ENVIRONMENT_VARIABLES} variables`)
      .default({})
      .describe('Environment variables that the function sees. They are part of its version and no place for secrets'),
  })
  .meta({ id: 'Capabilities', description: 'Impure things that a function may see; none of them by default' });

const setsSchema = z.array(nameSchema).max(MAX_SETS_OF_FUNCTION);

export const functionSpecSchema: z.ZodType<FunctionSpec, FunctionSpecRequest> = z
  .strictObject({
    kind: z.enum(['wasm', 'javascript']).default('wasm').describe('A WebAssembly module, or one bundled ES module'),
    inputs: setsSchema.describe('Names of the input sets'),
    outputs: setsSchema.describe('Names of the output sets'),
    limits: limitsSchema.prefault({}),
    capabilities: capabilitiesSchema.prefault({}),
    memoize: z.boolean().default(false).describe('Keep results by function and input'),
  })
  .meta({ id: 'FunctionSpec', description: 'What is registered of a function besides its code' });
