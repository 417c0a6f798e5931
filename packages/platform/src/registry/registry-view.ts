/** Questions about what is registered: what a reference means, who calls whom, what would be wrong after a change. */
import type { Signature } from '@pappus/composition';
import { AppError } from '@pappus/core';
import type { Catalog } from './catalog.ts';
import { calleesOf, callProblems, nestingProblem, type Look, type Lookup } from './composition-calls.ts';
import { MAX_NAMED_IN_ERROR } from './limits.ts';
import { nearestName, parseReference } from './reference.ts';
import { signatureOf, type CompositionVersion, type Description, type Listing, type Version } from './version.ts';

/** Names that mean something else than the catalogue says: a change that is being thought through. */
export type Overlay = ReadonlyMap<string, Version>;

const NO_OVERLAY: Overlay = new Map();

export class RegistryView {
  readonly #catalog: Catalog;
  readonly #builtins: ReadonlyMap<string, Signature>;
  readonly #reserved: ReadonlyMap<string, string>;

  constructor(catalog: Catalog, builtins: ReadonlyMap<string, Signature>, reserved: ReadonlyMap<string, string> = new Map()) {
    this.#catalog = catalog;
    this.#builtins = builtins;
    this.#reserved = reserved;
  }

  /** Rejects with `not-found` and the nearest name, or `invalid-argument` for an ambiguous hash. */
  resolve(reference: string): Version {
    const latest = this.#catalog.latest(reference);
    if (latest !== null) return latest;
    const { name, hashPrefix } = parseReference(reference);
    const versions = this.#catalog.versions(name);
    if (versions.length === 0 || hashPrefix === null) throw this.#unknownName(name);
    const found = versions.filter(({ hash }) => hash.startsWith(hashPrefix));
    if (found.length > 1) {
      const candidates = found.slice(-MAX_NAMED_IN_ERROR).map(({ hash }) => `${name}@${hash}`).join(', ');
      throw new AppError('invalid-argument', `${reference} is ambiguous: ${found.length} versions of ${name} begin so: ${candidates}`, { hint: 'Give more digits of the hash.' });
    }
    const [version] = found;
    if (version !== undefined) return version;
    throw new AppError('not-found', `${name} has no version with the hash ${hashPrefix}`, { hint: `'pappus describe ${name}' names all versions.` });
  }

  list(): readonly Listing[] {
    return [...this.#latest()]
      .map(({ kind, name, hash, deployedMs }) => ({ kind, name, hash, deployedMs, versions: this.#catalog.versions(name).length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  describe(reference: string): Description {
    const version = this.resolve(reference);
    const { name } = version;
    return {
      version,
      signature: signatureOf(version),
      isLatest: this.#catalog.latest(name) === version,
      versions: this.#catalog.versions(name).map(({ kind, hash, createdMs, deployedMs }) => ({ kind, hash, createdMs, deployedMs })).reverse(),
      callers: this.callers(name).map((caller) => caller.name),
      problems: version.kind === 'composition' ? callProblems(version.graph, this.look(NO_OVERLAY)) : [],
    };
  }

  look(overlay: Overlay): Look {
    return (reference): Lookup => {
      const changed = overlay.get(reference);
      if (changed !== undefined) return { kind: 'version', version: changed };
      const signature = this.#builtins.get(reference);
      if (signature !== undefined) return { kind: 'builtin', signature };
      try {
        return { kind: 'version', version: this.resolve(reference) };
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        return { kind: 'none', problem: thrown.hint === null ? thrown.message : `${thrown.message}. ${thrown.hint}` };
      }
    };
  }

  /** Compositions whose latest version calls the name, by whatever version; not itself. */
  callers(name: string): readonly CompositionVersion[] {
    const calls = (callee: string): boolean => callee === name || callee.startsWith(`${name}@`);
    return [...this.#latest()].filter((version) => version.kind === 'composition' && version.name !== name && calleesOf(version.graph).some(calls)) as CompositionVersion[];
  }

  /** Callers that pin this version. */
  pinnedBy(version: Version): readonly CompositionVersion[] {
    const look = this.look(NO_OVERLAY);
    const pins = (callee: string): boolean => {
      if (!callee.includes('@')) return false;
      const found = look(callee);
      return found.kind === 'version' && found.version === version;
    };
    return this.callers(version.name).filter(({ graph }) => calleesOf(graph).some(pins));
  }

  /** What does not fit in these compositions, if names meant what the overlay says. */
  problemsOf(compositions: readonly CompositionVersion[], overlay: Overlay): readonly string[] {
    const look = this.look(overlay);
    return compositions.flatMap(({ graph }) => callProblems(graph, look));
  }

  /** Of the overlaid names, and of all that reach them: what is called may make a caller too deep. */
  nestingProblem(overlay: Overlay): string | null {
    const names = new Set(overlay.keys());
    for (const name of names) for (const caller of this.callers(name)) names.add(caller.name); // whoever is added is looked at as well
    return nestingProblem([...names], this.look(overlay));
  }

  /** Callers of the overlaid names, other than these themselves, that would not fit any more. */
  breaks(overlay: Overlay): readonly string[] {
    const callers = new Set([...overlay.keys()].flatMap((name) => this.callers(name)));
    return this.problemsOf([...callers].filter(({ name }) => !overlay.has(name)), overlay);
  }

  *#latest(): Generator<Version> {
    for (const name of this.#catalog.names()) {
      const version = this.#catalog.latest(name);
      if (version !== null) yield version;
    }
  }

  #unknownName(name: string): AppError {
    const own = this.#builtins.get(name);
    if (own !== undefined) return new AppError('not-found', `${name} is one of the platform's own functions: compositions call it, as ${name}(${own.inputs.join(', ')}) => (${own.outputs.join(', ')})`);
    const near = nearestName(name, [...this.#catalog.names(), ...this.#builtins.keys()]);
    const hint = this.#reserved.get(name) ?? (near === null ? null : `Did you mean ${near}?`);
    return new AppError('not-found', `there is no function or composition ${name}`, hint === null ? {} : { hint });
  }
}
