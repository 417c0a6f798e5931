/** `pappus explain`. Starts no worker. */
import { explainText } from '../output/stage-report.ts';
import type { CommandContext } from '../program.ts';
import { statementOf } from '../statement.ts';
import { withSession, type ObjectStoreFlags } from '../table-session.ts';

export interface ExplainFlags extends ObjectStoreFlags {
  readonly tables: string;
  readonly file?: string;
  readonly workers: number;
  readonly rowsPerWorker?: number;
  readonly json?: boolean;
}

export async function explain(context: CommandContext, argument: string | undefined, flags: ExplainFlags): Promise<void> {
  const sql = await statementOf(argument, flags.file, context.signal);
  const plan = await withSession(context, { ...flags, workerMemory: 0, exchange: 'direct', storeProfile: 'none' }, (session) => session.explain(sql));
  context.out.write(flags.json === true ? `${JSON.stringify(plan, null, 2)}\n` : explainText(plan, context.out));
}
