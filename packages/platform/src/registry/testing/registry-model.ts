/** The registry as one would write it on a napkin, and random changes for both: they must agree after any of them. */
import { randomInt, seededRandom, type Random } from '@pappus/core';
import { compositionHash, functionHash } from '../content-hash.ts';
import type { Registry } from '../registry.ts';
import { NEVER, sampleCode, sampleFunction, sampleGraph, sampleSource, sampleSpec } from './samples.ts';

export type Change =
  | { readonly kind: 'function'; readonly name: string; readonly content: number }
  | { readonly kind: 'composition'; readonly name: string; readonly callees: readonly string[]; readonly content: number }
  | { readonly kind: 'remove'; readonly name: string; readonly version: number | null; readonly force: boolean };

const FUNCTIONS = 5;
const COMPOSITIONS = 4;
const CONTENTS = 4;

/** The same for the same seed and index, so that another process can make it too. */
export function changeAt(seed: number, index: number): Change {
  const random = seededRandom(seed * 1_000_003 + index);
  const number = (high: number): number => randomInt(random, 0, high - 1);
  const kind = number(10);
  if (kind < 5) return { kind: 'function', name: `f${number(FUNCTIONS)}`, content: number(CONTENTS) };
  if (kind < 7) return randomComposition(random, number(COMPOSITIONS), number(CONTENTS));
  const name = number(2) === 0 ? `f${number(FUNCTIONS)}` : `c${number(COMPOSITIONS)}`;
  return { kind: 'remove', name, version: number(2) === 0 ? null : number(CONTENTS), force: number(3) === 0 };
}

/** Calls functions, and compositions of a lower number. */
function randomComposition(random: Random, number: number, content: number): Change {
  const callees = Array.from({ length: randomInt(random, 1, 3) }, () => {
    const callee = randomInt(random, 0, FUNCTIONS + number - 1);
    return callee < FUNCTIONS ? `f${callee}` : `c${callee - FUNCTIONS}`;
  });
  return { kind: 'composition', name: `c${number}`, callees, content };
}

interface ModelVersion {
  readonly hash: string;
  readonly callees: readonly string[];
}

export class RegistryModel {
  /** The latest is the last. */
  readonly #names = new Map<string, ModelVersion[]>();

  /** What the registry has to answer. */
  apply(change: Change): string {
    switch (change.kind) {
      case 'function':
        return this.#deploy(change.name, { hash: functionHash(sampleSpec(), sampleCode(change.content)), callees: [] });
      case 'composition':
        if (change.callees.some((callee) => !this.#names.has(callee))) return 'refused';
        return this.#deploy(change.name, { hash: compositionHash(change.name, sampleSource(change.name, change.callees, change.content)), callees: change.callees });
      case 'remove':
        return this.#remove(change);
    }
  }

  /** A change of this kind may find nothing to do: then it is not put to the registry. */
  target(change: Change & { readonly kind: 'remove' }): string | null {
    const versions = this.#names.get(change.name);
    if (versions === undefined) return null;
    return change.version === null ? change.name : `${change.name}@${(versions[change.version % versions.length] as ModelVersion).hash.slice(0, 16)}`;
  }

  state(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, versions]) => [name, versions.map(({ hash }) => hash)]));
  }

  #deploy(name: string, version: ModelVersion): string {
    const versions = this.#names.get(name) ?? [];
    const created = !versions.some(({ hash }) => hash === version.hash);
    this.#names.set(name, [...versions.filter(({ hash }) => hash !== version.hash), version]);
    return created ? `created ${version.hash}` : `known ${version.hash}`;
  }

  #remove(change: Change & { readonly kind: 'remove' }): string {
    const versions = this.#names.get(change.name);
    if (versions === undefined) return 'nothing';
    const left = change.version === null ? [] : versions.filter((_, index) => index !== (change.version ?? 0) % versions.length);
    const used = [...this.#names].some(([name, all]) => name !== change.name && all.at(-1)?.callees.includes(change.name) === true);
    if (left.length === 0 && used && !change.force) return 'in-use';
    if (left.length === 0) this.#names.delete(change.name);
    else this.#names.set(change.name, left);
    return `removed ${versions.length - left.length}`;
  }
}

/** Puts a change to the registry; the answer reads like the model's. `model` is as it was before. */
export async function applyToRegistry(registry: Registry, model: RegistryModel, change: Change): Promise<string> {
  if (change.kind === 'remove') {
    const target = model.target(change);
    if (target === null) return 'nothing';
    const removal = await registry.remove(target, { force: change.force }, NEVER);
    return removal.kind === 'in-use' ? 'in-use' : `removed ${removal.versions.length}`;
  }
  const deployment =
    change.kind === 'function'
      ? await registry.deployFunction(sampleFunction(change.name, change.content), NEVER)
      : await registry.deployCompositions({ source: sampleSource(change.name, change.callees, change.content), graphs: [sampleGraph(change.name, change.callees)] }, NEVER);
  if (deployment.kind === 'refused') return 'refused';
  const [version] = deployment.versions;
  return `${version?.created === true ? 'created' : 'known'} ${version?.hash ?? ''}`;
}

export function stateOf(registry: Registry): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(registry.list().map(({ name }) => [name, registry.describe(name).versions.map(({ hash }) => hash).reverse()]));
}

/** Reads every blob: each function's code and module, each composition's source. */
export async function readEverything(registry: Registry): Promise<number> {
  let blobs = 0;
  for (const { name } of registry.list()) {
    for (const { hash, kind } of registry.describe(name).versions) {
      await registry.original(registry.resolve(`${name}@${hash}`));
      if (kind === 'function' && (await registry.load(hash)) === null) throw new Error(`${name}@${hash} cannot be loaded`);
      blobs += 1;
    }
  }
  return blobs;
}
