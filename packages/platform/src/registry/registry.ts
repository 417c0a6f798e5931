/**
 * Functions and compositions by name and version, kept on disk:
 *
 *   folder/lock, owner        one server at a time (folder-lock.ts)
 *   folder/journal            what is registered, as a list of changes (journal.ts)
 *   folder/blobs, incoming    code, prepared modules and sources by their hash (blob-store.ts)
 *
 * A change first stores its blobs, then appends one line to the journal, then is seen in memory (catalog.ts): killed
 * at any instant, it is there as a whole or not at all, and what was acknowledged is there. Changes come one at a
 * time; reads wait for nothing. Blobs that nobody speaks of are collected after a while, and
 * after an open (blob-sweep.ts).
 */
import type { CompositionGraph, Signature } from '@pappus/composition';
import { AppError, type Clock, type Logger } from '@pappus/core';
import type { FunctionSource } from '../engine/compute-engine.ts';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import { PREPARED_FORMAT } from '../sandbox/prepared-format.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import { blobRef } from './blob-store.ts';
import { canonicalJson, compositionHash, functionHash } from './content-hash.ts';
import { MAX_CODE_BYTES, MAX_COMPOSITIONS_PER_SOURCE, MAX_NAMES, MAX_SOURCE_BYTES, MAX_VERSIONS_PER_NAME } from './limits.ts';
import type { LoadedFunction } from './module-source.ts';
import { parseReference } from './reference.ts';
import { RegistryStore } from './registry-store.ts';
import { RegistryView, type Overlay } from './registry-view.ts';
import { nameProblems, specProblems } from './spec-check.ts';
import type { BlobRef, CompositionVersion, Description, FunctionVersion, Listing, Version } from './version.ts';

export interface RegistryOptions {
  /** Made when it is not there. Nothing else may be kept in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The platform's own functions: their names are taken, and compositions may call them. */
  readonly builtins: ReadonlyMap<string, Signature>;
  /** Names that it could have too, which are taken as well: by name, what to do for who wants it. */
  readonly reserved?: ReadonlyMap<string, string>;
  readonly moduleCacheBytes?: number;
  readonly signal?: AbortSignal;
}

export interface FunctionDeployment {
  readonly name: string;
  readonly spec: FunctionSpec;
  /** As the user gave it; the version's hash is made of it and the spec. */
  readonly code: Uint8Array;
  readonly module: PreparedModule;
}

export interface CompositionDeployment {
  readonly source: string;
  /** All compositions of the source: all are registered, or none. */
  readonly graphs: readonly CompositionGraph[];
}

export interface DeployedVersion {
  readonly name: string;
  readonly hash: FunctionHash;
  /** False when this content was a version already; it is the latest now. */
  readonly created: boolean;
}

export type Deployment =
  | {
      readonly kind: 'deployed';
      readonly versions: readonly DeployedVersion[];
      /** Calls of other compositions that no longer fit. */
      readonly breaks: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

export type Removal =
  | { readonly kind: 'removed'; readonly versions: readonly { readonly name: string; readonly hash: FunctionHash }[] }
  | { readonly kind: 'in-use'; readonly callers: readonly string[] };

export interface RegistryStats {
  readonly names: number;
  readonly versions: number;
  readonly moduleCacheBytes: number;
}

export class Registry implements FunctionSource {
  readonly #options: RegistryOptions;
  readonly #store: RegistryStore;
  readonly #view: RegistryView;
  #closing: Promise<void> | null = null;

  private constructor(options: RegistryOptions, store: RegistryStore) {
    this.#options = options;
    this.#store = store;
    this.#view = new RegistryView(store.catalog, options.builtins, options.reserved);
  }

  /** Rejects with `unavailable` while another server has the folder. */
  static async open(options: RegistryOptions): Promise<Registry> {
    return new Registry(options, await RegistryStore.open(options));
  }

  deployFunction(deployment: FunctionDeployment, signal: AbortSignal): Promise<Deployment> {
    return this.#store.changes.run(`deploying ${deployment.name}`, signal, () => this.#deployFunction(deployment));
  }

  deployCompositions(deployment: CompositionDeployment, signal: AbortSignal): Promise<Deployment> {
    return this.#store.changes.run('deploying compositions', signal, () => this.#deployCompositions(deployment));
  }

  /** All versions of `name`, or the one of `name@hash`. What compositions call is removed only with `force`. */
  remove(reference: string, { force }: { readonly force: boolean }, signal: AbortSignal): Promise<Removal> {
    return this.#store.changes.run(`removing ${reference}`, signal, () => this.#remove(reference, force));
  }

  /** Grows with every change, so that plans can be kept as long as nothing changed. */
  get revision(): number {
    return this.#store.catalog.revision;
  }

  /** What an invocation of `name`, `name@hash` means. Throws `not-found` with the nearest name. */
  resolve(reference: string): Version {
    return this.#view.resolve(reference);
  }

  /** What is wrong with a name, before anything is done for who wants it. */
  nameProblems(name: string): readonly string[] {
    return nameProblems(name, this.#options);
  }

  list(): readonly Listing[] {
    return this.#view.list();
  }

  describe(reference: string): Description {
    return this.#view.describe(reference);
  }

  /** The code or the source as it was deployed. */
  original(version: Version): Promise<Uint8Array> {
    return this.#store.read(version.kind === 'function' ? version.code : version.source, `the ${version.kind === 'function' ? 'code' : 'source'} of ${version.name}`);
  }

  load(hash: FunctionHash): Promise<LoadedFunction | null> {
    return this.#store.load(hash);
  }

  /** Another preparation of a function's code, under all of its names; nothing where it was removed meanwhile. */
  keepPreparation(hash: FunctionHash, module: PreparedModule): Promise<void> {
    return this.#store.changes.run('keeping a preparation', null, async () => {
      const blob = blobRef(module.bytes);
      const versions = this.#store.catalog.functionsByHash(hash).map((version) => ({ ...version, report: module.report, module: blob, format: PREPARED_FORMAT }));
      if (versions.length > 0) await this.#store.commit({ kind: 'prepared', versions }, new Map([[blob, module.bytes]]));
    });
  }

  stats(): RegistryStats {
    const { catalog, moduleCacheBytes } = this.#store;
    return { names: catalog.nameCount, versions: catalog.versionCount, moduleCacheBytes };
  }

  /** Changes that were accepted are finished first. */
  close(): Promise<void> {
    this.#closing ??= this.#store.close();
    return this.#closing;
  }

  async #deployFunction({ name, spec, code, module }: FunctionDeployment): Promise<Deployment> {
    const sizes = [...sizeProblems('code', code, MAX_CODE_BYTES), ...sizeProblems('prepared module', module.bytes, MAX_CODE_BYTES)];
    const problems = [...this.nameProblems(name), ...specProblems(spec), ...sizes];
    if (problems.length > 0) return { kind: 'refused', problems };
    const [codeBlob, moduleBlob] = [blobRef(code), blobRef(module.bytes)];
    const version: FunctionVersion = { kind: 'function', name, hash: functionHash(spec, code), ...this.#now(), spec, report: module.report, code: codeBlob, module: moduleBlob, format: PREPARED_FORMAT };
    return this.#deploy([version], new Map([[codeBlob, code], [moduleBlob, module.bytes]]));
  }

  async #deployCompositions({ source, graphs }: CompositionDeployment): Promise<Deployment> {
    const text = new TextEncoder().encode(source);
    const problems = [...graphs.flatMap(({ name }) => this.nameProblems(name)), ...sizeProblems('source', text, MAX_SOURCE_BYTES), ...batchProblems(graphs)];
    if (problems.length > 0) return { kind: 'refused', problems };
    const blob = blobRef(text);
    const times = this.#now();
    const versions = graphs.map((graph): CompositionVersion => ({ kind: 'composition', name: graph.name, hash: compositionHash(graph.name, source), ...times, graph, source: blob }));
    return this.#deploy(versions, new Map([[blob, text]]));
  }

  async #deploy(drafts: readonly Version[], contents: ReadonlyMap<BlobRef, Uint8Array>): Promise<Deployment> {
    const { catalog } = this.#store;
    const before = drafts.map(({ name, hash }) => catalog.versions(name).find((version) => version.hash === hash) ?? null);
    const versions = drafts.map((draft, index) => ({ ...draft, createdMs: before[index]?.createdMs ?? draft.createdMs }));
    const overlay = new Map(versions.map((version) => [version.name, version]));
    const problems = this.#compositionProblems(versions, overlay);
    if (problems.length > 0) return { kind: 'refused', problems };
    this.#checkRoom(versions.filter((_, index) => before[index] === null));
    const breaks = this.#view.breaks(overlay);
    const changed = versions.filter((version, index) => !isSame(version, before[index] ?? null) || catalog.latest(version.name) !== before[index]);
    await this.#store.commit(changed.length === 0 ? null : { kind: 'deployed', versions: changed }, contents);
    return { kind: 'deployed', versions: versions.map(({ name, hash }, index) => ({ name, hash, created: before[index] === null })), breaks };
  }

  #compositionProblems(versions: readonly Version[], overlay: Overlay): readonly string[] {
    const compositions = versions.filter((version) => version.kind === 'composition');
    if (compositions.length === 0) return [];
    const calls = this.#view.problemsOf(compositions, overlay);
    const nesting = this.#view.nestingProblem(overlay);
    return nesting === null ? calls : [...calls, nesting];
  }

  #checkRoom(created: readonly Version[]): void {
    const { catalog } = this.#store;
    const names = created.filter(({ name }) => catalog.latest(name) === null).length;
    if (catalog.nameCount + names > MAX_NAMES) {
      throw new AppError('resource-exhausted', `the registry holds ${catalog.nameCount} of at most ${MAX_NAMES} names`, { hint: 'Remove what is not needed.' });
    }
    const full = created.find(({ name }) => catalog.versions(name).length >= MAX_VERSIONS_PER_NAME);
    if (full !== undefined) {
      throw new AppError('resource-exhausted', `${full.name} has ${MAX_VERSIONS_PER_NAME} versions already`, { hint: `Remove some: 'pappus rm ${full.name}@HASH', or all: 'pappus rm ${full.name}'.` });
    }
  }

  async #remove(reference: string, force: boolean): Promise<Removal> {
    const version = this.#view.resolve(reference);
    const all = this.#store.catalog.versions(version.name);
    const versions = parseReference(reference).hashPrefix === null ? all : [version];
    const callers = force ? [] : this.#callersHurt(version, all, versions.length);
    if (callers.length > 0) return { kind: 'in-use', callers: callers.map(({ name }) => name) };
    const removed = versions.map(({ name, hash }) => ({ name, hash }));
    await this.#store.commit({ kind: 'removed', versions: removed }, new Map());
    return { kind: 'removed', versions: removed };
  }

  /** Callers by name are not hurt by the loss of one version, as long as the one that is the latest then fits them. */
  #callersHurt(version: Version, all: readonly Version[], removed: number): readonly CompositionVersion[] {
    const callers = this.#view.callers(version.name);
    if (removed === all.length) return callers;
    const pinned = this.#view.pinnedBy(version);
    const next = all.at(-1) === version ? all.at(-2) : undefined;
    if (next === undefined) return pinned;
    const overlay = new Map([[version.name, next]]);
    if (this.#view.nestingProblem(overlay) !== null) return callers;
    return callers.filter((caller) => pinned.includes(caller) || this.#view.problemsOf([caller], overlay).length > this.#view.problemsOf([caller], new Map()).length);
  }

  #now(): { readonly createdMs: number; readonly deployedMs: number } {
    const nowMs = this.#options.clock.wallMs();
    return { createdMs: nowMs, deployedMs: nowMs };
  }
}

/** Prepared modules and graphs change with the version of Pappus that made them, while the hash stays. */
function isSame(version: Version, before: Version | null): boolean {
  if (before === null) return false;
  if (version.kind === 'composition') return before.kind === 'composition' && canonicalJson(version.graph) === canonicalJson(before.graph);
  return before.kind === 'function' && version.module.id === before.module.id && version.format === before.format && canonicalJson(version.report) === canonicalJson(before.report);
}

function sizeProblems(what: string, bytes: Uint8Array, max: number): readonly string[] {
  return bytes.byteLength <= max ? [] : [`the ${what} has ${bytes.byteLength} bytes, more than ${max}`];
}

function batchProblems(graphs: readonly CompositionGraph[]): readonly string[] {
  if (graphs.length === 0) return ['the source holds no composition'];
  if (graphs.length > MAX_COMPOSITIONS_PER_SOURCE) return [`${graphs.length} compositions, more than ${MAX_COMPOSITIONS_PER_SOURCE}`];
  const names = graphs.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))].map((name) => `the composition ${name} is there twice`);
}
