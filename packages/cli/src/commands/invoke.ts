/** `pappus invoke`. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { ProblemError, type InputSets, type Invocation, type PappusClient } from '@pappus/api';
import { errorMessage, systemClock } from '@pappus/core';
import { printableLines } from '../output/printable.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { formatBytes, formatMs, plural } from '../output/units.ts';
import { connectFor, type ServerFlags } from '../platform/connection.ts';
import { folderTarget, jsonTarget, streamTarget, type OutputTarget } from '../platform/output-target.ts';
import { explained } from '../platform/server-problem.ts';
import { gatherInputs } from '../platform/set-arguments.ts';
import { traceTimeline } from '../platform/trace-timeline.ts';
import type { CommandContext } from '../program.ts';

export interface InvokeFlags extends ServerFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly timeout?: number;
  readonly trace?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function invoke(context: CommandContext, reference: string, flags: InvokeFlags): Promise<void> {
  const { signal } = context;
  const client = await connectFor(flags.timeout, flags);
  const inputs = await gatherInputs(flags.set ?? [], { stdin: process.stdin, signal });
  const received = { items: 0, bytes: 0 };
  const startedMs = systemClock.nowMs();
  const elapsed = (): string => formatMs(systemClock.nowMs() - startedMs);
  const line = new ProgressLine(context.err, () => `${reference}: ${plural(inputs.items, 'item')} in, ${formatBytes(inputs.bytes)}; ${received.items} out, ${formatBytes(received.bytes)}; ${elapsed()}`);
  let invocation: Invocation | null = null;
  try {
    invocation = await client.invoke(reference, inputs.sets, { signal, timeoutMs: flags.timeout, traced: flags.trace === true });
    const target = outputTarget(context, reference, flags, invocation);
    for await (const item of invocation.items()) {
      received.items += 1;
      received.bytes += item.data.length;
      await target.add(item);
    }
    line.stop();
    await target.end();
  } catch (thrown) {
    // Nobody is left for what would still come: the server ends the invocation.
    await invocation?.cancel();
    line.stop();
    const id = invocation?.id ?? (thrown instanceof ProblemError ? thrown.problem.invocation : null);
    if (flags.trace === true && id !== null && !signal.aborted) await showTrace(context, client, id);
    throw signal.aborted ? signal.reason : explained(thrown);
  } finally {
    line.stop();
  }
  if (inputs.items === 0 || received.items === 0) await warnOfEmptySets(context, client, reference, inputs.sets);
  if (flags.quiet !== true && flags.json !== true) context.err.write(`${styleText('dim', `${elapsed()} · invocation ${invocation.id}`, { stream: context.err })}\n`);
  if (flags.trace === true) await showTrace(context, client, invocation.id);
}

function outputTarget(context: CommandContext, reference: string, { out, json }: InvokeFlags, invocation: Invocation): OutputTarget {
  const head = { invocation: invocation.id, name: reference.split('@')[0], hash: invocation.version };
  if (out !== undefined) return folderTarget(out, context, json === true ? head : null);
  return json === true ? jsonTarget(context, head) : streamTarget(context);
}

/** Where nothing came of an invocation, or nothing went in: sets that nobody has given anything are the likely reason. */
async function warnOfEmptySets({ err, signal }: CommandContext, client: PappusClient, reference: string, given: InputSets): Promise<void> {
  const found = await client.describe(reference, { signal }).catch(() => null);
  const empty = found?.signature.inputs.filter((set) => !Array.isArray(given[set]) || given[set].length === 0) ?? [];
  for (const set of empty) err.write(`${styleText('yellow', 'warning:', { stream: err })} the input set ${set} had no items: --set ${set}=…\n`);
}

/** On standard error: standard output is the result's. */
async function showTrace({ err, signal }: CommandContext, client: PappusClient, id: string): Promise<void> {
  try {
    if (!err.write(traceTimeline(await client.trace(id, { signal }), err))) await once(err, 'drain');
  } catch (thrown) {
    err.write(`the trace is not there: ${printableLines(errorMessage(thrown))}\n`);
  }
}
