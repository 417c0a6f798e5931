/** `pappus dev`: a server in this process that has what stands in a folder, follows what is saved and deleted there, and runs its services. */
import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { PappusClient } from '@pappus/api';
import { AppError, systemClock } from '@pappus/core';
import { LOOKUP_POOL_THREADS } from '@pappus/platform';
import { parseServerConfig } from '@pappus/server';
import { widenThreadPool } from '../environment.ts';
import { printFailure } from '../failure.ts';
import { printableLines } from '../output/printable.ts';
import type { Deployed } from '../platform/deployment.ts';
import { FolderDeployer } from '../platform/folder-deployer.ts';
import { watchFolder } from '../platform/folder-watch.ts';
import { DEV_DRAIN_MS } from '../platform/limits.ts';
import { readManifest, type Manifest } from '../platform/manifest.ts';
import { ServiceSet } from '../platform/service-set.ts';
import { makeTemporaryFolder } from '../platform/temporary-folder.ts';
import type { CommandContext } from '../program.ts';
import { deployedLine } from './deploy.ts';
import { start } from './serve.ts';

export interface DevFlags {
  readonly folder?: string;
  readonly port?: number;
  readonly threads?: number;
  readonly allowHttp?: readonly string[];
  readonly files?: string;
}

export async function dev(context: CommandContext, folder: string, flags: DevFlags): Promise<void> {
  widenThreadPool(LOOKUP_POOL_THREADS);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() !== true) throw new AppError('not-found', `${folder} is no folder`);
  const manifest = await readManifest(folder);
  const temporary = flags.folder === undefined ? await makeTemporaryFolder('dev') : null;
  const ends: (() => Promise<void>)[] = temporary === null ? [] : [() => rm(temporary, { recursive: true, force: true })];
  try {
    await run(context, folder, { flags, manifest, kept: flags.folder ?? temporary ?? '' }, ends);
  } catch (thrown) {
    // Ctrl-C is how it ends.
    if (!context.signal.aborted) throw thrown;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

interface Setup {
  readonly flags: DevFlags;
  readonly manifest: Manifest;
  /** Where the server keeps what is deployed. */
  readonly kept: string;
}

async function run(context: CommandContext, folder: string, setup: Setup, ends: (() => Promise<void>)[]): Promise<void> {
  const { out, err, signal } = context;
  const server = await start(context, devConfig(folder, setup), 'warn');
  ends.push(() => server.stop());
  out.write(`${styleText('bold', server.url, { stream: out })} · watching ${folder} · Ctrl-C ends\n`);
  const services = new ServiceSet({ folder, clock: systemClock, print: (line) => void out.write(`${styleText('dim', line, { stream: out })}\n`), signal });
  ends.push(() => services.stop());
  await services.follow(setup.manifest.dev.services, rethrow);
  const watch = watchFolder(folder, systemClock);
  ends.push(async () => watch.stop());
  const failed = (thrown: unknown): void => printFailure(err, thrown, false);
  let shown: Deployed | null = null;
  const deployer = new FolderDeployer(new PappusClient({ url: server.url }), folder, {
    deployed(one) {
      shown = shown?.kind === 'composition' && one.kind === 'function' ? shown : one;
      out.write(deployedLine(one, out));
      for (const remark of one.remarks) err.write(`${styleText('yellow', 'warning:', { stream: err })} ${printableLines(remark)}\n`);
    },
    removed: (name) => void out.write(`removed ${styleText('bold', name, { stream: out })}\n`),
    failed,
  });
  let { manifest } = setup;
  for (let first = true; ; first = false) {
    if (!first) manifest = await followManifest(context, folder, manifest, services);
    await deployer.deployChanged(signal);
    if (first && shown !== null) out.write(styleText('dim', invocationHint(shown, server.url, setup.flags.port), { stream: out }));
    await watch.changed(signal);
  }
}

function rethrow(thrown: unknown): never {
  throw thrown;
}

/** The manifest as it is now; one that can't be read changes nothing, and the deployer says so. */
async function followManifest({ err }: CommandContext, folder: string, before: Manifest, services: ServiceSet): Promise<Manifest> {
  const manifest = await readManifest(folder).catch(() => before);
  const setOnce = ({ dev: { allowHttp, files } }: Manifest): string => JSON.stringify([allowHttp, files]);
  if (setOnce(manifest) !== setOnce(before)) err.write(`${styleText('yellow', 'warning:', { stream: err })} what pappus.json says of allowHttp and files counts from the next start of dev\n`);
  await services.follow(manifest.dev.services, (thrown) => printFailure(err, thrown, false));
  return manifest;
}

/** What to type next, in another terminal. */
function invocationHint({ name, inputs }: Deployed, url: string, port: number | undefined): string {
  const sets = inputs.map((input) => ` --set ${input}=…`).join('');
  return `try: pappus invoke ${name}${sets}${port === undefined ? '' : ` --server ${url}`}\n`;
}

function devConfig(folder: string, { flags, manifest, kept }: Setup): ReturnType<typeof parseServerConfig> {
  const { allowHttp, files } = manifest.dev;
  return parseServerConfig({
    folder: resolve(kept),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    engines: { spareProcesses: 0, ...(flags.threads === undefined ? {} : { threads: flags.threads }) },
    io: {
      http: { allow: [...allowHttp, ...(flags.allowHttp ?? [])] },
      files: { folder: flags.files ?? (files === null ? null : resolve(folder, files)) },
    },
    // Whoever develops wants to see every run.
    traces: { oneIn: 1 },
    drainMs: DEV_DRAIN_MS,
  });
}
