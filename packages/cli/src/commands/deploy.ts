/** `pappus deploy`. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { styleText } from 'node:util';
import { AppError, errorMessage, toAppError } from '@pappus/core';
import { printFailure } from '../failure.ts';
import { printableLines } from '../output/printable.ts';
import { plural } from '../output/units.ts';
import { connect, type ServerFlags } from '../platform/connection.ts';
import { deployableFiles } from '../platform/deployable-files.ts';
import { fileKind, folderOf, readDeployable, type Deployable, type SpecFlags } from '../platform/deployable.ts';
import { deploy, inOrder, type Deployed } from '../platform/deployment.ts';
import { isolationText } from '../platform/isolation-text.ts';
import { readManifest, type FunctionEntry, type Manifest } from '../platform/manifest.ts';
import type { CommandContext } from '../program.ts';

export interface DeployFlags extends ServerFlags {
  readonly name?: string;
  readonly in?: readonly string[];
  readonly out?: readonly string[];
  readonly memory?: number;
  readonly time?: number;
  readonly outputBytes?: number;
  readonly outputItems?: number;
  readonly logBytes?: number;
  readonly concurrency?: number;
  readonly memoize?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: boolean;
  readonly random?: boolean;
  readonly json?: boolean;
}

interface DeployedFile {
  readonly file: string;
  readonly manifest: Manifest;
}

export async function deployFiles(context: CommandContext, paths: readonly string[], flags: DeployFlags): Promise<void> {
  const { out, err, signal } = context;
  const files = await filesOf(paths);
  if (flags.name !== undefined && files.length > 1) throw new AppError('invalid-argument', '--name is for one file');
  refuseUnusedFlags(files, flags);
  let failures = 0;
  /** One file's mistake is no reason to keep the others back; a server that is not there is. */
  const failed = (thrown: unknown): void => {
    if (signal.aborted || files.length === 1 || toAppError(thrown).code === 'unavailable') throw thrown;
    failures += 1;
    printFailure(err, thrown, flags.json === true);
  };
  const deployables: Deployable[] = [];
  for (const { file, manifest } of files) {
    await readDeployable(file, manifest, specFlags(flags)).then((one) => deployables.push(one), failed);
  }
  const client = connect(flags);
  const done: Deployed[] = [];
  for (const deployable of inOrder(deployables)) {
    try {
      const deployed = await deploy(client, deployable, signal);
      done.push(...deployed);
      if (flags.json !== true) for (const one of deployed) out.write(deployedLine(one, out));
      for (const remark of deployed.flatMap(({ remarks }) => remarks)) err.write(`${styleText('yellow', 'warning:', { stream: err })} ${printableLines(remark)}\n`);
    } catch (thrown) {
      failed(thrown);
    }
  }
  if (flags.json === true) out.write(`${JSON.stringify(done.map(({ remarks, ...deployed }) => ({ ...deployed, warnings: remarks })))}\n`);
  if (failures > 0) throw new AppError('invalid-argument', `${failures} of ${plural(files.length, 'file')} could not be deployed`);
}

const FUNCTION_FLAGS = ['in', 'out', 'memory', 'time', 'outputBytes', 'outputItems', 'logBytes', 'concurrency', 'memoize', 'env', 'clock', 'random'] as const;

/** What counts for functions only, where there is none. */
function refuseUnusedFlags(files: readonly DeployedFile[], flags: DeployFlags): void {
  const given = FUNCTION_FLAGS.filter((name) => flags[name] !== undefined).map((name) => `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`);
  if (given.length === 0 || files.some(({ file }) => fileKind(file) !== 'composition')) return;
  throw new AppError('invalid-argument', `${given.join(', ')}: for functions, and ${files.length === 1 ? `${files[0]?.file} is a composition` : 'these files are compositions'}`);
}

async function filesOf(paths: readonly string[]): Promise<readonly DeployedFile[]> {
  const found: DeployedFile[] = [];
  for (const path of paths) {
    const isFolder = (await statOf(path)).isDirectory();
    const manifest = await readManifest(isFolder ? path : folderOf(path));
    const files = isFolder ? await deployableFiles(path, manifest) : [path];
    if (files.length === 0) throw new AppError('invalid-argument', `${path} holds no functions and no compositions`, { hint: 'A script is a function if it exports inputs or outputs, or if pappus.json names it; a .wasm file if pappus.json names it.' });
    found.push(...files.map((file) => ({ file, manifest })));
  }
  return found;
}

const statOf = (path: string): Promise<Stats> =>
  stat(path).catch((thrown: unknown) => {
    throw new AppError('not-found', `cannot read ${path}: ${errorMessage(thrown)}`, { cause: thrown });
  });

export function deployedLine({ name, inputs, outputs, hash, created, isolation }: Deployed, stream: NodeJS.WriteStream): string {
  const state = created ? styleText('green', 'deployed ', { stream }) : styleText('dim', 'unchanged', { stream });
  return `${state} ${name}(${inputs.join(', ')}) => (${outputs.join(', ')}) ${styleText('dim', `· ${isolation === null ? 'composition' : isolationText(isolation)} · ${hash.slice(0, 12)}`, { stream })}\n`;
}

function specFlags({ name, in: inputs, out: outputs, memory, time, outputBytes, outputItems, logBytes, concurrency, memoize, env, clock, random }: DeployFlags): SpecFlags {
  const limits = { memoryBytes: memory, timeMs: time, outputBytes, outputItems, logBytes, concurrency };
  const given = Object.entries(limits).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const capabilities = { ...(clock === true ? { clock } : {}), ...(random === true ? { random } : {}), ...(env === undefined ? {} : { environment: env }) };
  const entry: FunctionEntry = { inputs, outputs, memoize, limits: Object.fromEntries(given), capabilities };
  return name === undefined ? { entry } : { name, entry };
}
