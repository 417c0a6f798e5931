/** What is registered, in memory: the sum of the journal's events. Reads are answered from here without waiting. */
import type { FunctionHash } from '../functions/function-spec.ts';
import { assert, defined } from '@pappus/core';
import type { RegistryEvent } from './journal-line.ts';
import { blobsOf, type FunctionVersion, type Version } from './version.ts';

export class Catalog {
  /** The latest version is the last. */
  readonly #names = new Map<string, Version[]>();
  readonly #byHash = new Map<FunctionHash, FunctionVersion[]>();
  /** How many versions speak of a blob. */
  readonly #blobs = new Map<string, number>();
  #revision = 0;
  #versions = 0;

  /** Grows with every change: what was made of an older state may be looked at again. */
  get revision(): number {
    return this.#revision;
  }

  get versionCount(): number {
    return this.#versions;
  }

  get nameCount(): number {
    return this.#names.size;
  }

  names(): Iterable<string> {
    return this.#names.keys();
  }

  latest(name: string): Version | null {
    return this.#names.get(name)?.at(-1) ?? null;
  }

  /** The latest is the last; empty for a name that is not there. */
  versions(name: string): readonly Version[] {
    return this.#names.get(name) ?? [];
  }

  functionByHash(hash: FunctionHash): FunctionVersion | null {
    return this.#byHash.get(hash)?.at(-1) ?? null;
  }

  /** The same function may have several names. */
  functionsByHash(hash: FunctionHash): readonly FunctionVersion[] {
    return this.#byHash.get(hash) ?? [];
  }

  speaksOf(blob: string): boolean {
    return this.#blobs.has(blob);
  }

  blobs(): Set<string> {
    return new Set(this.#blobs.keys());
  }

  apply(event: RegistryEvent): void {
    this.#revision += 1;
    switch (event.kind) {
      case 'deployed':
        for (const version of event.versions) {
          this.#drop(version.name, version.hash);
          this.#add(version);
        }
        return;
      case 'prepared':
        for (const version of event.versions) this.#replace(version);
        return;
      case 'removed':
        for (const { name, hash } of event.versions) this.#drop(name, hash);
    }
  }

  /** The shortest list of events with this sum. */
  *events(): Generator<RegistryEvent> {
    for (const versions of this.#names.values()) for (const version of versions) yield { kind: 'deployed', versions: [version] };
  }

  #add(version: Version): void {
    append(this.#names, version.name, version);
    if (version.kind === 'function') append(this.#byHash, version.hash, version);
    this.#countBlobs(version, 1);
    this.#versions += 1;
  }

  /** Does nothing where it is not there: the line that brought it may have been damaged. */
  #drop(name: string, hash: FunctionHash): void {
    const version = this.#find(name, hash);
    if (version === null) return;
    take(this.#names, name, version);
    if (version.kind === 'function') take(this.#byHash, hash, version);
    this.#countBlobs(version, -1);
    this.#versions -= 1;
  }

  /** In the same place of the order. Does nothing where it is not there. */
  #replace(version: FunctionVersion): void {
    const before = this.#find(version.name, version.hash);
    if (before?.kind !== 'function') return;
    exchange(this.#names, version.name, before, version);
    exchange(this.#byHash, version.hash, before, version);
    this.#countBlobs(version, 1);
    this.#countBlobs(before, -1);
  }

  #find(name: string, hash: FunctionHash): Version | null {
    return this.#names.get(name)?.find((candidate) => candidate.hash === hash) ?? null;
  }

  #countBlobs(version: Version, change: 1 | -1): void {
    for (const { id } of blobsOf(version)) {
      const uses = (this.#blobs.get(id) ?? 0) + change;
      assert(uses >= 0, `blob ${id} is less wanted than by nobody`);
      if (uses === 0) this.#blobs.delete(id);
      else this.#blobs.set(id, uses);
    }
  }
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function take<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = defined(map.get(key), `the list of ${key}`);
  const index = indexIn(list, key, value);
  if (list.length === 1) map.delete(key);
  else list.splice(index, 1);
}

function exchange<V>(map: Map<string, V[]>, key: string, before: V, after: V): void {
  const list = defined(map.get(key), `the list of ${key}`);
  list[indexIn(list, key, before)] = after;
}

function indexIn<V>(list: readonly V[], key: string, value: V): number {
  const index = list.indexOf(value);
  assert(index >= 0, `${key} is not in its list`);
  return index;
}
