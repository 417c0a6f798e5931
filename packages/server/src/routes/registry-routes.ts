/** List, describe and remove what is registered. */
import { DEFAULT_PAGE_NAMES, MAX_PAGE_NAMES, type CompositionDescription, type FunctionDescription, type Listed, type Listing, type Removal, type VersionEntry } from '@pappus/api';
import { AppError } from '@pappus/core';
import type { Description, Registry, Version } from '@pappus/platform';
import { json, parameter, type ApiAnswer, type ApiCall, type Handler } from '../http/api-call.ts';
import { problem } from '../http/problem-of.ts';
import { flag, onlyKnown, wholeNumber } from './query-values.ts';

type Kind = Version['kind'];

export function registryRoutes(registry: Registry): Readonly<Record<string, Handler>> {
  return {
    listFunctions: (call) => list(registry, 'function', call),
    listCompositions: (call) => list(registry, 'composition', call),
    describeFunction: (call) => describe(registry, 'function', call),
    describeComposition: (call) => describe(registry, 'composition', call),
    removeFunction: (call) => remove(registry, 'function', call),
    removeComposition: (call) => remove(registry, 'composition', call),
  };
}

function list(registry: Registry, kind: Kind, { query }: ApiCall): ApiAnswer {
  onlyKnown(query, ['after', 'limit']);
  const limit = wholeNumber(query, 'limit', DEFAULT_PAGE_NAMES, 1, MAX_PAGE_NAMES);
  const after = query.get('after') ?? '';
  const behind = registry.list().filter((entry) => entry.kind === kind && entry.name > after);
  const names = behind.slice(0, limit).map(({ name, hash, deployedMs, versions }): Listed => ({ kind, name, hash, deployedAt: moment(deployedMs), versions }));
  const listing: Listing = { names, next: behind.length > limit ? (names.at(-1)?.name ?? null) : null };
  return json(listing);
}

async function describe(registry: Registry, kind: Kind, call: ApiCall): Promise<ApiAnswer> {
  const description = registry.describe(ofKind(registry, kind, parameter(call, 'reference')));
  return json(description.version.kind === 'function' ? describeFunction(description) : await describeComposition(registry, description));
}

/** The reference, where it means something of the kind. */
function ofKind(registry: Registry, kind: Kind, reference: string): string {
  const found = registry.resolve(reference);
  if (found.kind === kind) return reference;
  throw new AppError('not-found', `${found.name} is a ${found.kind}, not a ${kind}`, { hint: `See /v1/${found.kind}s/${found.name}.` });
}

function described({ version, isLatest, signature, versions, callers }: Description): Pick<FunctionDescription, 'name' | 'isLatest' | 'signature' | 'versions' | 'callers' | keyof VersionEntry> {
  return { name: version.name, ...entry(version), isLatest, signature, versions: versions.map(entry), callers };
}

const entry = ({ hash, createdMs, deployedMs }: { readonly hash: string; readonly createdMs: number; readonly deployedMs: number }): VersionEntry => ({
  hash,
  createdAt: moment(createdMs),
  deployedAt: moment(deployedMs),
});

function describeFunction(description: Description): FunctionDescription {
  const { version } = description;
  if (version.kind !== 'function') throw new AppError('internal', `${version.name} is no function`);
  return { kind: 'function', ...described(description), spec: version.spec, isolation: version.report, codeBytes: version.code.bytes };
}

async function describeComposition(registry: Registry, description: Description): Promise<CompositionDescription> {
  const { version, problems } = description;
  if (version.kind !== 'composition') throw new AppError('internal', `${version.name} is no composition`);
  const source = new TextDecoder().decode(await registry.original(version));
  const calls = [...new Set(version.graph.applications.map(({ callee }) => callee))];
  return { kind: 'composition', ...described(description), source, calls, problems };
}

async function remove(registry: Registry, kind: Kind, call: ApiCall): Promise<ApiAnswer> {
  onlyKnown(call.query, ['force']);
  const reference = ofKind(registry, kind, parameter(call, 'reference'));
  const removal = await registry.remove(reference, { force: flag(call.query, 'force') }, call.signal);
  switch (removal.kind) {
    case 'removed': {
      const removed: Removal = { removed: removal.versions };
      return json(removed);
    }
    case 'in-use': {
      const detail = `${reference} is called by ${removal.callers.join(', ')}`;
      return { kind: 'problem', problem: problem('in-use', 409, detail, { problems: removal.callers.map((name) => `${name} calls it`), hint: 'Remove these first, or remove it with force.' }) };
    }
  }
}

const moment = (ms: number): string => new Date(ms).toISOString();
