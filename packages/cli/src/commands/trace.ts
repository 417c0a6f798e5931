/** `pappus trace`: where an invocation spent its time. */
import { connect, type ServerFlags } from '../platform/connection.ts';
import { explained } from '../platform/server-problem.ts';
import { traceTimeline } from '../platform/trace-timeline.ts';
import type { CommandContext } from '../program.ts';

export interface TraceFlags extends ServerFlags {
  readonly json?: boolean;
}

const HINTS = { 'not-found': 'It was not traced, or is no longer kept: under load only some are. pappus invoke --trace traces the next one.' };

export async function trace({ out, signal }: CommandContext, invocation: string, flags: TraceFlags): Promise<void> {
  const found = await connect(flags).trace(invocation, { signal }).catch((thrown: unknown) => Promise.reject(explained(thrown, HINTS)));
  out.write(flags.json === true ? `${JSON.stringify(found)}\n` : traceTimeline(found, out));
}
