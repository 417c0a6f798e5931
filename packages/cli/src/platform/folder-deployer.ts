/** Keeps a server at what stands in a folder: each call deploys what has changed since the last one, and removes what is gone. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PappusClient } from '@pappus/api';
import { toAppError } from '@pappus/core';
import { deployableFiles } from './deployable-files.ts';
import { readDeployable, type Deployable } from './deployable.ts';
import { deploy, inOrder, type Deployed } from './deployment.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { ServedNames, type RemovalReport } from './served-names.ts';

export interface FolderReport extends RemovalReport {
  deployed(deployed: Deployed): void;
}

interface Found {
  /** Those that can't be read too. */
  readonly files: readonly string[];
  readonly deployables: readonly Deployable[];
}

const NO_FLAGS = { entry: {} } as const;

export class FolderDeployer {
  readonly #client: PappusClient;
  readonly #folder: string;
  readonly #report: FolderReport;
  /** Fingerprint of what was deployed last, or failed last, of each file. */
  readonly #last = new Map<string, string>();
  readonly #failed = new Set<string>();
  readonly #served: ServedNames;

  constructor(client: PappusClient, folder: string, report: FolderReport) {
    this.#client = client;
    this.#folder = folder;
    this.#report = report;
    this.#served = new ServedNames(client, report);
  }

  /** Resolves when the server has what can be had; mistakes are reported. Throws only when cancelled or when the server is gone. */
  async deployChanged(signal: AbortSignal): Promise<void> {
    const found = await this.#read();
    if (found === null) return;
    let functionsChanged = false;
    for (const deployable of inOrder(found.deployables)) {
      signal.throwIfAborted();
      const print = fingerprint(deployable);
      const again = deployable.kind === 'composition' && functionsChanged && this.#failed.has(deployable.file);
      if (this.#last.get(deployable.file) === print && !again) continue;
      this.#last.set(deployable.file, print);
      if (await this.#deploy(deployable, signal)) functionsChanged = true;
    }
    for (const file of this.#last.keys()) if (!found.files.includes(file)) this.#last.delete(file);
    this.#served.keepOnly(found.files);
    await this.#served.removeGone(signal);
  }

  async #deploy(deployable: Deployable, signal: AbortSignal): Promise<boolean> {
    try {
      const versions = await deploy(this.#client, deployable, signal);
      for (const one of versions) this.#report.deployed(one);
      this.#served.deployed(deployable.file, versions.map(({ name }) => name));
      this.#failed.delete(deployable.file);
      return true;
    } catch (thrown) {
      if (signal.aborted || toAppError(thrown).code === 'unavailable') throw thrown;
      this.#failed.add(deployable.file);
      this.#report.failed(thrown);
      return false;
    }
  }

  /** Null when the folder says nothing that can be understood. */
  async #read(): Promise<Found | null> {
    try {
      const manifest = await readManifest(this.#folder);
      const files = await deployableFiles(this.#folder, manifest, new Set(this.#last.keys()));
      const deployables: Deployable[] = [];
      for (const file of files) {
        const one = await this.#readOne(file, manifest);
        if (one !== null) deployables.push(one);
      }
      return { files, deployables };
    } catch (thrown) {
      this.#reportOnce(join(this.#folder, 'pappus.json'), thrown);
      return null;
    }
  }

  async #readOne(file: string, manifest: Manifest): Promise<Deployable | null> {
    try {
      return await readDeployable(file, manifest, NO_FLAGS);
    } catch (thrown) {
      this.#reportOnce(file, thrown);
      return null;
    }
  }

  /** A file that stays wrong is not reported again with every change of another one. */
  #reportOnce(file: string, thrown: unknown): void {
    const message = toAppError(thrown).message;
    if (this.#last.get(file) !== message) this.#report.failed(thrown);
    this.#last.set(file, message);
  }
}

function fingerprint(deployable: Deployable): string {
  const hash = createHash('sha256');
  if (deployable.kind === 'composition') hash.update(deployable.source);
  else hash.update(JSON.stringify([deployable.name, deployable.spec])).update(deployable.code);
  return hash.digest('hex');
}
