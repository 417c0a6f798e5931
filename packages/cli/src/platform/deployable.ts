/** Files as what is deployed: a WebAssembly module, a bundled script, or a text of compositions. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { FunctionSpecRequest, Signature } from '@pappus/api';
import { parse } from '@pappus/composition';
import { AppError, errorMessage } from '@pappus/core';
import { exportedSets, type ExportedSets } from './exported-sets.ts';
import { MAX_CODE_BYTES } from './limits.ts';
import { MANIFEST_FILE, type FunctionEntry, type Manifest } from './manifest.ts';

export type Deployable = FunctionDeployable | CompositionDeployable;

export interface FunctionDeployable {
  readonly kind: 'function';
  readonly file: string;
  readonly name: string;
  readonly spec: FunctionSpecRequest;
  readonly code: Uint8Array;
  readonly warnings: readonly string[];
}

export interface CompositionDeployable {
  readonly kind: 'composition';
  readonly file: string;
  /** Compositions of the text; the first one gives its name to the deployment. */
  readonly names: readonly [string, ...string[]];
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Functions and compositions that it takes from the server. */
  readonly declared: readonly string[];
  readonly source: string;
}

/** What flags say; it counts more than the manifest, and that more than the source. */
export interface SpecFlags {
  readonly name?: string;
  readonly entry: FunctionEntry;
}

const SCRIPTS: ReadonlySet<string> = new Set(['.ts', '.mts', '.tsx', '.js', '.mjs', '.jsx']);

export type FileKind = 'wasm' | 'script' | 'composition';

export function fileKind(file: string): FileKind | null {
  const ending = extname(file).toLowerCase();
  if (ending === '.wasm') return 'wasm';
  if (ending === '.pcl') return 'composition';
  return SCRIPTS.has(ending) && !file.endsWith('.d.ts') ? 'script' : null;
}

export async function readDeployable(file: string, manifest: Manifest, flags: SpecFlags): Promise<Deployable> {
  const kind = fileKind(file);
  switch (kind) {
    case 'composition':
      return readComposition(file, flags.name);
    case 'wasm':
      return { ...described(file, manifest, flags, 'wasm', { inputs: null, outputs: null }), code: await readBounded(file), warnings: [] };
    case 'script':
      return readScript(file, manifest, flags);
    case null:
      throw new AppError('unsupported', `${file} is nothing that can be deployed`, { hint: 'Functions are .wasm, .ts or .js files, compositions .pcl files.' });
  }
}

async function readScript(file: string, manifest: Manifest, flags: SpecFlags): Promise<FunctionDeployable> {
  const source = new TextDecoder().decode(await readBounded(file));
  const head = described(file, manifest, flags, 'javascript', exportedSets(source));
  const { bundleFunction } = await import('@pappus/platform');
  const bundle = await bundleFunction(resolve(file));
  if (bundle.kind === 'refused') throw new AppError('invalid-argument', `${file} cannot be bundled:\n${indented(bundle.problems)}`);
  return { ...head, code: bundle.code, warnings: bundle.warnings };
}

async function readComposition(file: string, wanted: string | undefined): Promise<CompositionDeployable> {
  const source = new TextDecoder().decode(await readBounded(file));
  const { items } = parse(source).module;
  const signatures = new Map<string, Signature>();
  for (const { kind, name, inputs, outputs } of items) {
    if (kind === 'composition') signatures.set(name.text, { inputs: inputs.map(({ text }) => text), outputs: outputs.map(({ text }) => text) });
  }
  const names = [...signatures.keys()];
  const [first, ...others] = wanted !== undefined && names.includes(wanted) ? [wanted, ...names.filter((name) => name !== wanted)] : names;
  // A text with errors may have no name that is understood: the server says what is wrong with it.
  const fallback = wanted ?? functionName(file);
  const declared = items.filter(({ kind }) => kind === 'function').map(({ name }) => name.text);
  if (wanted !== undefined && wanted !== first && names.length > 0) throw new AppError('invalid-argument', `${file} holds no composition ${wanted}: it holds ${names.join(', ')}`);
  return { kind: 'composition', file, names: [first ?? fallback, ...others], signatures, declared, source };
}

function described(file: string, manifest: Manifest, { name, entry }: SpecFlags, kind: 'wasm' | 'javascript', exported: ExportedSets): Omit<FunctionDeployable, 'code' | 'warnings'> {
  const found = manifestName(file, manifest);
  const known = found === null ? {} : (manifest.functions[found] ?? {});
  const inputs = entry.inputs ?? known.inputs ?? exported.inputs;
  const outputs = entry.outputs ?? known.outputs ?? exported.outputs;
  if (inputs === null || outputs === null) {
    const where = kind === 'wasm' ? `list them in ${MANIFEST_FILE} beside the file` : `export them as literal lists: export const inputs = ['a']`;
    throw new AppError('invalid-argument', `${file}: the names of its ${inputs === null ? 'input' : 'output'} sets are not known`, { hint: `Give --in and --out, or ${where}.` });
  }
  const spec: FunctionSpecRequest = {
    kind,
    inputs,
    outputs,
    limits: { ...known.limits, ...entry.limits },
    capabilities: { ...known.capabilities, ...entry.capabilities },
    memoize: entry.memoize ?? known.memoize,
  };
  return { kind: 'function', file, name: name ?? found ?? functionName(file), spec };
}

/** The function of the manifest whose file this is. */
export function manifestName(file: string, { functions }: Manifest): string | null {
  const base = basename(file);
  for (const [name, { file: own }] of Object.entries(functions)) if (own === base) return name;
  const plain = functionName(file);
  return Object.hasOwn(functions, plain) && functions[plain]?.file === undefined ? plain : null;
}

/** `count-words.ts` is the function `count_words`. */
export const functionName = (file: string): string => basename(file, extname(file)).replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CODE_BYTES) throw new AppError('resource-exhausted', `${file} has ${size} bytes; up to ${MAX_CODE_BYTES} can be deployed`);
    return await readFile(file);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('not-found', `cannot read ${file}: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

export const folderOf = (file: string): string => dirname(resolve(file));

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');
