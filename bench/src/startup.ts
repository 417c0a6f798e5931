/**
 * From asking for workers to all of them ready: process started, group joined, engine open, control stream up. Beside
 * it as many empty Node processes, started at once, to their exit: nothing that is a Node process can be quicker.
 */
import { runBench, type BenchContext } from './harness/bench.ts';
import { childRunMs } from './harness/child-run.ts';
import { elapsedMs, inRounds, inTurn, Samples } from './harness/rounds.ts';
import { withSession } from './harness/session.ts';
import { ms, times } from './harness/text-table.ts';
import { tpchData } from './harness/tpch-data.ts';

const PROMISES: readonly { readonly workers: number; readonly ms: number }[] = [{ workers: 1, ms: 300 }, { workers: 8, ms: 2_000 }];

await runBench({ name: 'startup', defaults: { rounds: 7, scaleFactors: [0.01], minutes: 5 }, smoke: {}, run: startup });

async function startup(context: BenchContext): Promise<void> {
  const { flags, report, signal } = context;
  const tables = await tpchData(context, flags.scaleFactors[0] ?? 1);
  report.text(`Workers run TypeScript sources with a compile cache that round 0 has filled; medians of ${flags.rounds} rounds, in ms.`);
  const ready = (workers: number) => (): Promise<number> =>
    withSession({ tables, workers, workerMemoryBytes: flags.workerMemoryBytes, exchange: 'direct' }, (session) => elapsedMs(() => session.warmUp(signal)));
  const bare = (count: number) => (): Promise<number> =>
    elapsedMs(() => Promise.all(Array.from({ length: count }, () => childRunMs(process.execPath, ['-e', '0'], signal))));
  const contestants = PROMISES.flatMap(({ workers }) => [[`ready ${workers}`, ready(workers)], [`bare ${workers}`, bare(workers)]] as const);
  const samples = new Samples<string>();
  await inRounds(context, async (round) => {
    for (const [name, measure] of inTurn(round, contestants)) {
      const spent = await measure();
      if (round.measured) samples.add(name, spent);
    }
  });
  const data = PROMISES.map(({ workers }) => {
    const [ours, peers] = [`ready ${workers}`, `bare ${workers}`];
    return { workers, readyMs: samples.median(ours), longestMs: Math.max(...samples.of(ours)), bareMs: samples.median(peers) };
  });
  report.table('startup', ['workers', 'ready', 'longest', 'empty Node processes', 'ratio'], data.map((row) => [row.workers, ms(row.readyMs), ms(row.longestMs), ms(row.bareMs), times(row.readyMs / row.bareMs)]), data);
  for (const { workers, ms: promised } of PROMISES) {
    const measured = samples.median(`ready ${workers}`);
    report.promise({ what: `${workers} worker${workers === 1 ? '' : 's'} ready`, promise: `≤ ${promised} ms`, measured: `${ms(measured)} ms`, kept: measured <= promised });
  }
}
