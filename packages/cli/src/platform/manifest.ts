/**
 * `pappus.json` beside functions: what their files do not say themselves.
 *
 *     {
 *       "functions": { "thumbnail": { "inputs": ["image"], "outputs": ["thumb"], "limits": { "timeMs": 2000 } } },
 *       "dev": { "allowHttp": ["http://127.0.0.1:7080"], "services": ["services.ts"] }
 *     }
 *
 * A function's entry is its specification as the server takes it; the values of limits and capabilities are checked there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStrict } from '@pappus/api';
import { AppError, errorMessage, systemCode } from '@pappus/core';
import { z } from 'zod';

export interface FunctionEntry {
  /** Beside the manifest; without it: the file that has the function's name. */
  readonly file?: string | undefined;
  readonly inputs?: readonly string[] | undefined;
  readonly outputs?: readonly string[] | undefined;
  readonly limits?: Readonly<Record<string, number>> | undefined;
  readonly capabilities?: { readonly clock?: boolean | undefined; readonly random?: boolean | undefined; readonly environment?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly memoize?: boolean | undefined;
}

export interface Manifest {
  readonly functions: Readonly<Record<string, FunctionEntry>>;
  /** What `pappus dev` sets up besides. */
  readonly dev: {
    /** Destinations of the HTTP function. */
    readonly allowHttp: readonly string[];
    /** Folder of the Files function, beside the manifest. */
    readonly files: string | null;
    /** Node programs beside the manifest that run meanwhile. */
    readonly services: readonly string[];
  };
}

export const MANIFEST_FILE = 'pappus.json';

const fileName = z.string().regex(/^[^/\\]+$/, 'a file beside pappus.json');
const names = z.array(z.string());
const schema: z.ZodType<Manifest> = z.strictObject({
  functions: z
    .record(
      z.string(),
      z.strictObject({
        file: fileName.optional(),
        inputs: names.optional(),
        outputs: names.optional(),
        limits: z.record(z.string(), z.number()).optional(),
        capabilities: z.strictObject({ clock: z.boolean().optional(), random: z.boolean().optional(), environment: z.record(z.string(), z.string()).optional() }).optional(),
        memoize: z.boolean().optional(),
      }),
    )
    .default({}),
  dev: z.strictObject({ allowHttp: z.array(z.string()).default([]), files: fileName.nullable().default(null), services: z.array(fileName).max(16).default([]) }).prefault({}),
});

/** The manifest of a folder; an empty one where there is none. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  let text = '{}';
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw new AppError('invalid-argument', `cannot read ${path}: ${errorMessage(thrown)}`, { cause: thrown });
  }
  return parseStrict(schema, parseJson(text, path), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new AppError('invalid-argument', `${path} is no JSON: ${errorMessage(thrown)}`, { cause: thrown });
  }
}
