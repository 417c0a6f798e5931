/** Answers to deployments and removals. */
import { z } from 'zod';
import { diagnosticSchema, type SourceDiagnostic } from './diagnostic.ts';
import { isolationSchema, type Isolation } from './isolation.ts';
import { hashSchema, nameSchema } from './name.ts';

export interface DeployedVersion {
  readonly name: string;
  readonly hash: string;
  /** False where this content was a version already: it is the latest again. */
  readonly created: boolean;
}

export interface FunctionDeployment extends DeployedVersion {
  readonly isolation: Isolation;
  /** Calls of compositions that no longer fit. */
  readonly breaks: readonly string[];
}

export interface CompositionDeployment extends DeployedVersion {
  /** Every composition of the source, the named one among them. */
  readonly versions: readonly DeployedVersion[];
  readonly warnings: readonly SourceDiagnostic[];
  readonly breaks: readonly string[];
}

export interface Removal {
  readonly removed: readonly { readonly name: string; readonly hash: string }[];
}

const versionShape = { name: nameSchema, hash: hashSchema, created: z.boolean() };
const deployedVersionSchema = z.object(versionShape).meta({ id: 'DeployedVersion' });

export const functionDeploymentSchema: z.ZodType<FunctionDeployment> = z
  .object({ ...versionShape, isolation: isolationSchema, breaks: z.array(z.string()) })
  .meta({ id: 'FunctionDeployment' });

export const compositionDeploymentSchema: z.ZodType<CompositionDeployment> = z
  .object({ ...versionShape, versions: z.array(deployedVersionSchema), warnings: z.array(diagnosticSchema), breaks: z.array(z.string()) })
  .meta({ id: 'CompositionDeployment' });

export const removalSchema: z.ZodType<Removal> = z.object({ removed: z.array(z.object({ name: nameSchema, hash: hashSchema })) }).meta({ id: 'Removal' });
