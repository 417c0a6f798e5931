/** Prepared modules by function hash, read when they are first wanted and kept in memory up to a number of bytes. */
import { ByteLru } from '../cache/byte-lru.ts';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';
import type { PreparedModule } from '../sandbox/sandbox.ts';
import type { BlobStore } from './blob-store.ts';
import type { FunctionVersion } from './version.ts';

export interface LoadedFunction {
  readonly version: FunctionVersion;
  readonly spec: FunctionSpec;
  readonly module: PreparedModule;
}

export class ModuleSource {
  readonly #blobs: BlobStore;
  readonly #kept: ByteLru<LoadedFunction>;
  readonly #loading = new Map<FunctionHash, Loading>();

  constructor(blobs: BlobStore, maxBytes: number) {
    this.#blobs = blobs;
    this.#kept = new ByteLru(maxBytes);
  }

  get keptBytes(): number {
    return this.#kept.bytes;
  }

  /** The same load serves all who ask meanwhile. */
  load(version: FunctionVersion): Promise<LoadedFunction> {
    const { hash } = version;
    const kept = this.#kept.get(hash);
    if (kept !== undefined) return Promise.resolve(kept);
    const loading = this.#loading.get(hash) ?? this.#start(version);
    return loading.promise;
  }

  /** What is being read meanwhile may be an older preparation: it is handed out and not kept. */
  forget(hash: FunctionHash): void {
    this.#kept.delete(hash);
    this.#loading.delete(hash);
  }

  #start(version: FunctionVersion): Loading {
    const { hash } = version;
    const loading: Loading = { promise: this.#read(version, () => this.#loading.get(hash) === loading) };
    this.#loading.set(hash, loading);
    return loading;
  }

  async #read(version: FunctionVersion, isCurrent: () => boolean): Promise<LoadedFunction> {
    const { name, hash, spec, report, module } = version;
    try {
      const bytes = await this.#blobs.get(module, `the module of ${name}@${hash.slice(0, 12)}`);
      const loaded: LoadedFunction = { version, spec, module: { bytes, report } };
      if (isCurrent()) this.#kept.set(hash, loaded, bytes.byteLength);
      return loaded;
    } finally {
      if (isCurrent()) this.#loading.delete(hash);
    }
  }
}

interface Loading {
  readonly promise: Promise<LoadedFunction>;
}
