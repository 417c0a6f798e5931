/** What the registry holds: versions of functions and compositions, and how they are shown. */
import type { CompositionGraph, Signature } from '@pappus/composition';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import { PREPARED_FORMAT } from '../sandbox/prepared-format.ts';
import type { ModuleReport } from '../sandbox/sandbox.ts';

/** Content on disk, named by the lower-case hex of its SHA-256. */
export interface BlobRef {
  readonly id: string;
  readonly bytes: number;
}

interface Deployment {
  readonly name: string;
  /** Lower-case hex of SHA-256; see content-hash.ts. */
  readonly hash: FunctionHash;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** Later than `createdMs` when the same content was deployed again after another version. */
  readonly deployedMs: number;
}

export interface FunctionVersion extends Deployment {
  readonly kind: 'function';
  readonly spec: FunctionSpec;
  readonly report: ModuleReport;
  /** As it was deployed. */
  readonly code: BlobRef;
  /** As engines want it, in the format that it was prepared in; absent in registries from before formats were counted. */
  readonly module: BlobRef;
  readonly format?: number;
}

export interface CompositionVersion extends Deployment {
  readonly kind: 'composition';
  readonly graph: CompositionGraph;
  /** The whole text that the composition stood in. */
  readonly source: BlobRef;
}

export type Version = FunctionVersion | CompositionVersion;

/** A name in `list`. */
export interface Listing {
  readonly kind: Version['kind'];
  readonly name: string;
  readonly hash: FunctionHash;
  readonly deployedMs: number;
  readonly versions: number;
}

export interface Description {
  /** What the reference means: the latest version of the name, or the one of a given hash. */
  readonly version: Version;
  readonly signature: Signature;
  readonly isLatest: boolean;
  /** All of the name, the latest first. */
  readonly versions: readonly { readonly kind: Version['kind']; readonly hash: FunctionHash; readonly createdMs: number; readonly deployedMs: number }[];
  /** Compositions whose latest version calls it. */
  readonly callers: readonly string[];
  /** What is wrong with it now: the calls of a composition that no longer fit. */
  readonly problems: readonly string[];
}

export function signatureOf(version: Version): Signature {
  switch (version.kind) {
    case 'function':
      return { inputs: version.spec.inputs, outputs: version.spec.outputs };
    case 'composition': {
      const { sets, inputs, outputs } = version.graph;
      return { inputs: sets.slice(0, inputs), outputs: outputs.map((set) => sets[set] ?? '') };
    }
  }
}

/** Whether it was prepared as engines want it now. */
export const isCurrent = ({ format = 0 }: FunctionVersion): boolean => format === PREPARED_FORMAT;

export function blobsOf(version: Version): readonly BlobRef[] {
  return version.kind === 'function' ? [version.code, version.module] : [version.source];
}
