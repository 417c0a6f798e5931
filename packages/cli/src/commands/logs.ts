/** `pappus logs`: what a function wrote to stdout and stderr. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { DEFAULT_LOG_ENTRIES, type LogEntry, type Logs, type PappusClient } from '@pappus/api';
import { printableLines } from '../output/printable.ts';
import { formatBytes } from '../output/units.ts';
import { connect, type ServerFlags } from '../platform/connection.ts';
import { LOG_WAIT_MS } from '../platform/limits.ts';
import { explained } from '../platform/server-problem.ts';
import type { CommandContext } from '../program.ts';

export interface LogsFlags extends ServerFlags {
  readonly follow?: boolean;
  readonly json?: boolean;
}

export async function logs(context: CommandContext, name: string, flags: LogsFlags): Promise<void> {
  const { out, err, signal } = context;
  const client = connect(flags);
  let after = 0;
  let waitMs = 0;
  for (let first = true; ; first = false) {
    const page: Logs = await client.logs(name, { after, limit: DEFAULT_LOG_ENTRIES, waitMs, signal }).catch((thrown: unknown) => Promise.reject(explained(thrown)));
    if (page.lost > 0) err.write(`… ${page.lost} outputs are gone: the server keeps the last ones only\n`);
    for (const entry of page.entries) if (!out.write(flags.json === true ? `${JSON.stringify(entry)}\n` : entryText(entry, out))) await once(out, 'drain');
    if (page.entries.length === 0) {
      if (first && flags.json !== true) err.write(await silence(client, name, flags.follow === true, signal));
      waitMs = LOG_WAIT_MS;
    }
    // What is written while it is shown is for those who follow.
    if (flags.follow !== true && page.entries.length < DEFAULT_LOG_ENTRIES) return;
    after = page.next;
  }
}

/** Compositions never write: their functions do. */
async function silence(client: PappusClient, name: string, follows: boolean, signal: AbortSignal): Promise<string> {
  const found = await client.describe(name, { signal }).catch(() => null);
  if (found?.kind !== 'composition') return `${name} has written nothing${follows ? ' yet' : ''}\n`;
  return `${name} is a composition, and only functions write: ${found.calls.map((call) => `pappus logs ${call}`).join(', ')}\n`;
}

function entryText({ at, invocation, stream, text, droppedBytes }: LogEntry, out: NodeJS.WriteStream): string {
  const head = styleText('dim', `${at} ${invocation}`, { stream: out });
  const label = styleText(stream === 'stderr' ? 'red' : 'cyan', stream, { stream: out });
  const dropped = droppedBytes > 0 ? [`… ${formatBytes(droppedBytes)} more were dropped`] : [];
  return [...printableLines(text).replace(/\n$/, '').split('\n'), ...dropped].map((line) => `${head} ${label} ${line}\n`).join('');
}
