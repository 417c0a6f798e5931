/** Everything that is known of one version of a function or a composition. */
import { z } from 'zod';
import { functionSpecSchema, type FunctionSpec } from './function-spec.ts';
import { isolationSchema, type Isolation } from './isolation.ts';
import { hashSchema, momentSchema, nameSchema, signatureSchema, type Signature } from './name.ts';

export interface VersionEntry {
  readonly hash: string;
  readonly createdAt: string;
  readonly deployedAt: string;
}

interface Described extends VersionEntry {
  readonly name: string;
  readonly isLatest: boolean;
  readonly signature: Signature;
  /** All of the name, the latest first. */
  readonly versions: readonly VersionEntry[];
  /** Compositions whose latest version calls it. */
  readonly callers: readonly string[];
}

export interface FunctionDescription extends Described {
  readonly kind: 'function';
  readonly spec: FunctionSpec;
  readonly isolation: Isolation;
  /** Of the code as it was deployed. */
  readonly codeBytes: number;
}

export interface CompositionDescription extends Described {
  readonly kind: 'composition';
  /** The text that it stood in, with whatever else stood there. */
  readonly source: string;
  /** Names that it calls. */
  readonly calls: readonly string[];
  /** Calls that no longer fit what they call. */
  readonly problems: readonly string[];
}

export type Description = FunctionDescription | CompositionDescription;

const entryShape = { hash: hashSchema, createdAt: momentSchema, deployedAt: momentSchema };
const describedShape = {
  name: nameSchema,
  ...entryShape,
  isLatest: z.boolean(),
  signature: signatureSchema,
  versions: z.array(z.object(entryShape)),
  callers: z.array(z.string()),
};

export const functionDescriptionSchema: z.ZodType<FunctionDescription> = z
  .object({ kind: z.literal('function'), ...describedShape, spec: functionSpecSchema, isolation: isolationSchema, codeBytes: z.number() })
  .meta({ id: 'FunctionDescription' });

export const compositionDescriptionSchema: z.ZodType<CompositionDescription> = z
  .object({ kind: z.literal('composition'), ...describedShape, source: z.string(), calls: z.array(z.string()), problems: z.array(z.string()) })
  .meta({ id: 'CompositionDescription' });
