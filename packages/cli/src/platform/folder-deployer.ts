/** Keeps a server at what stands in a folder: each call deploys what has changed since the last one. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PappusClient } from '@pappus/api';
import { AppError, toAppError } from '@pappus/core';
import { fileKind, manifestName, readDeployable, type Deployable } from './deployable.ts';
import { deploy, inOrder, type Deployed } from './deployment.ts';
import { exportedSets } from './exported-sets.ts';
import { MAX_DEPLOYED_FILES } from './limits.ts';
import { readManifest, type Manifest } from './manifest.ts';

export interface FolderReport {
  deployed(deployed: Deployed): void;
  failed(thrown: unknown): void;
}

const NO_FLAGS = { entry: {} } as const;

export class FolderDeployer {
  readonly #client: PappusClient;
  readonly #folder: string;
  readonly #report: FolderReport;
  /** Fingerprint of what was deployed last, or failed last, of each file. */
  readonly #last = new Map<string, string>();
  readonly #failed = new Set<string>();

  constructor(client: PappusClient, folder: string, report: FolderReport) {
    this.#client = client;
    this.#folder = folder;
    this.#report = report;
  }

  /** Resolves when the server has what can be had; mistakes are reported. Throws only when cancelled or when the server is gone. */
  async deployChanged(signal: AbortSignal): Promise<void> {
    const deployables = inOrder(await this.#read());
    let functionsChanged = false;
    for (const deployable of deployables) {
      signal.throwIfAborted();
      const print = fingerprint(deployable);
      const again = deployable.kind === 'composition' && functionsChanged && this.#failed.has(deployable.file);
      if (this.#last.get(deployable.file) === print && !again) continue;
      this.#last.set(deployable.file, print);
      if (await this.#deploy(deployable, signal)) functionsChanged = true;
    }
  }

  async #deploy(deployable: Deployable, signal: AbortSignal): Promise<boolean> {
    try {
      for (const one of await deploy(this.#client, deployable, signal)) this.#report.deployed(one);
      this.#failed.delete(deployable.file);
      return true;
    } catch (thrown) {
      if (signal.aborted || toAppError(thrown).code === 'unavailable') throw thrown;
      this.#failed.add(deployable.file);
      this.#report.failed(thrown);
      return false;
    }
  }

  async #read(): Promise<readonly Deployable[]> {
    try {
      const manifest = await readManifest(this.#folder);
      const found: Deployable[] = [];
      for (const file of await deployableFiles(this.#folder, manifest)) {
        const one = await this.#readOne(file, manifest);
        if (one !== null) found.push(one);
      }
      return found;
    } catch (thrown) {
      this.#reportOnce(join(this.#folder, 'pappus.json'), thrown);
      return [];
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

async function deployableFiles(folder: string, manifest: Manifest): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory() || entry.name.startsWith('.') || manifest.dev.services.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (await isDeployable(path, manifest)) files.push(path);
  }
  if (files.length > MAX_DEPLOYED_FILES) throw new AppError('resource-exhausted', `${folder} holds more than ${MAX_DEPLOYED_FILES} functions and compositions`);
  return files.sort();
}

/** A script may be part of another one: it has to say that it is a function. */
async function isDeployable(path: string, manifest: Manifest): Promise<boolean> {
  const kind = fileKind(path);
  if (kind !== 'script') return kind !== null;
  if (manifestName(path, manifest) !== null) return true;
  const { inputs, outputs } = exportedSets(await readFile(path, 'utf8'));
  return inputs !== null || outputs !== null;
}

function fingerprint(deployable: Deployable): string {
  const hash = createHash('sha256');
  if (deployable.kind === 'composition') hash.update(deployable.source);
  else hash.update(JSON.stringify([deployable.name, deployable.spec])).update(deployable.code);
  return hash.digest('hex');
}
