/** `pappus ls`, `describe` and `rm`: what is registered. */
import { styleText } from 'node:util';
import type { CompositionDescription, FunctionDescription, Listed, VersionEntry } from '@pappus/api';
import { printable, printableLines } from '../output/printable.ts';
import { textTable } from '../output/text-table.ts';
import { formatBytes, formatMs, formatSize, plural } from '../output/units.ts';
import { connect, type ServerFlags } from '../platform/connection.ts';
import { isolationText } from '../platform/isolation-text.ts';
import { explained } from '../platform/server-problem.ts';
import type { CommandContext } from '../program.ts';

export interface RegisteredFlags extends ServerFlags {
  readonly json?: boolean;
  readonly force?: boolean;
}

const SHORT_HASH_CHARS = 12;

export async function list({ out, err, signal }: CommandContext, flags: RegisteredFlags): Promise<void> {
  const found: Listed[] = [];
  try {
    for await (const one of connect(flags).list({ signal })) found.push(one);
  } catch (thrown) {
    throw explained(thrown);
  }
  if (flags.json === true) return void out.write(`${JSON.stringify(found)}\n`);
  if (found.length === 0) return void err.write('nothing is deployed\n');
  const columns = ['name', 'kind', 'version', 'versions', 'deployed'].map((name) => ({ name, align: name === 'versions' ? ('right' as const) : ('left' as const) }));
  const rows = found.map(({ name, kind, hash, versions, deployedAt }) => [name, kind, hash.slice(0, SHORT_HASH_CHARS), String(versions), moment(deployedAt)]);
  out.write(`${textTable(columns, rows)}\n`);
}

export async function describe({ out, signal }: CommandContext, reference: string, flags: RegisteredFlags): Promise<void> {
  const found = await connect(flags).describe(reference, { signal }).catch((thrown: unknown) => Promise.reject(explained(thrown)));
  if (flags.json === true) return void out.write(`${JSON.stringify(found)}\n`);
  out.write(found.kind === 'function' ? functionText(found, out) : compositionText(found, out));
}

export async function remove({ out, signal }: CommandContext, reference: string, flags: RegisteredFlags): Promise<void> {
  const { removed } = await connect(flags).remove(reference, { signal, force: flags.force === true }).catch((thrown: unknown) => Promise.reject(explained(thrown)));
  if (flags.json === true) return void out.write(`${JSON.stringify(removed)}\n`);
  out.write(`removed ${reference}, ${plural(removed.length, 'version')}\n`);
}

type Rows = readonly (readonly [string, string])[];

function functionText(found: FunctionDescription, stream: NodeJS.WriteStream): string {
  const { spec, isolation, codeBytes } = found;
  const { limits, capabilities, memoize } = spec;
  const variables = Object.entries(capabilities.environment).map(([name, value]) => `${name}=${value}`);
  const sees = [...(capabilities.clock ? ['the clock'] : []), ...(capabilities.random ? ['randomness'] : []), ...variables];
  const rows: Rows = [
    ['isolation', isolationText(isolation)],
    ...isolation.reasons.map((reason) => ['', reason] as const),
    ['imports', isolation.imports.length === 0 ? 'none' : isolation.imports.join(', ')],
    ['memory', `${formatSize(isolation.memory.initialPages * 65_536)} at the start, up to ${formatSize(limits.memoryBytes)}`],
    ['limits', `${formatMs(limits.timeMs)}, ${formatSize(limits.outputBytes)} and ${limits.outputItems} items of output, ${formatSize(limits.logBytes)} of stdout and of stderr, ${limits.concurrency} runs at once`],
    ['sees', sees.length === 0 ? 'its inputs only' : sees.join(', ')],
    ['memoised', memoize ? 'yes' : 'no'],
    ['code', `${spec.kind}, ${formatBytes(codeBytes)}`],
  ];
  return description(found, 'function', rows, stream);
}

function compositionText(found: CompositionDescription, stream: NodeJS.WriteStream): string {
  const rows: Rows = [
    ['calls', found.calls.length === 0 ? 'nothing' : found.calls.join(', ')],
    ...found.problems.map((problem) => ['problem', problem] as const),
  ];
  return `${description(found, 'composition', rows, stream)}\n${printableLines(found.source.trimEnd())}\n`;
}

function description(found: FunctionDescription | CompositionDescription, kind: string, more: Rows, stream: NodeJS.WriteStream): string {
  const { name, hash, isLatest, signature, versions, callers } = found;
  const rows: Rows = [
    ['version', `${hash}${isLatest ? '' : ', not the latest'}`],
    ...more,
    ['callers', callers.length === 0 ? 'none' : callers.join(', ')],
    ...versions.map((version, index) => [index === 0 ? 'versions' : '', versionText(version)] as const),
  ];
  const head = `${styleText('bold', name, { stream })}(${signature.inputs.join(', ')}) => (${signature.outputs.join(', ')})  ${kind}`;
  return `${head}\n${rows.map(([label, text]) => `  ${styleText('dim', label.padEnd(10), { stream })} ${printable(text)}\n`).join('')}`;
}

const versionText = ({ hash, deployedAt }: VersionEntry): string => `${hash.slice(0, SHORT_HASH_CHARS)}  ${moment(deployedAt)}`;

const moment = (text: string): string => text.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
