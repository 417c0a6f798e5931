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
    for (const { id } of blobsOf(version)) this.#blobs.set(id, (this.#blobs.get(id) ?? 0) + 1);
    this.#versions += 1;
  }

  /** Does nothing where it is not there: the line that brought it may have been damaged. */
  #drop(name: string, hash: FunctionHash): void {
    const version = this.#names.get(name)?.find((candidate) => candidate.hash === hash);
    if (version === undefined) return;
    take(this.#names, name, version);
    if (version.kind === 'function') take(this.#byHash, hash, version);
    for (const { id } of blobsOf(version)) {
      const uses = defined(this.#blobs.get(id), `the count of blob ${id}`) - 1;
      if (uses === 0) this.#blobs.delete(id);
      else this.#blobs.set(id, uses);
    }
    this.#versions -= 1;
  }
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function take<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = defined(map.get(key), `the list of ${key}`);
  const index = list.indexOf(value);
  assert(index >= 0, `${key} is not in its list`);
  if (list.length === 1) map.delete(key);
  else list.splice(index, 1);
}
