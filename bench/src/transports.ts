/**
 * The direct exchange against an object store with the latency of S3: the same queries on two groups of warm workers,
 * in turn, beside what the papers measured (64 functions of 2 GiB on AWS Lambda, SF 10).
 */
import { formatDollars, type QueryResult, type Session } from '@pappus/analytics';
import { tpchQuery } from '@pappus/tpch';
import { runBench, type BenchContext } from './harness/bench.ts';
import { inRounds, inTurn, median, Samples, total } from './harness/rounds.ts';
import { differenceOf } from './harness/same-rows.ts';
import { answer, exchanges, withSession, type Answer } from './harness/session.ts';
import { ms, times } from './harness/text-table.ts';
import { tpchData } from './harness/tpch-data.ts';

const PROMISE = 4;
const PROMISED = { scaleFactors: [0.1, 1], workers: 8 };
/** Equal: within a quarter, which is the noise of medians on a machine that does other things too. */
const EQUAL = 1.25;

/** What the text of "Boxer: Data Analytics on Network-enabled Serverless Platforms" (CIDR 2021), figures 1 and 2, says of speed-ups. */
const PAPER: readonly { readonly queries: readonly number[]; readonly says: string }[] = [
  { queries: [1, 6], says: 'equal' },
  { queries: [4, 12, 14, 15, 19, 22], says: '4–6 ×' },
  { queries: [3, 10, 11, 17, 18], says: 'more than 4–6 ×' },
  { queries: [2, 5, 8, 21], says: 'largest, up to 11 ×' },
];
const paperSays = (query: number): string => PAPER.find(({ queries }) => queries.includes(query))?.says ?? 'not run';

const KINDS = ['direct', 'store'] as const;
type Kind = (typeof KINDS)[number];
type Sessions = Readonly<Record<Kind, Session>>;

await runBench({ name: 'transports', defaults: PROMISED, smoke: { workers: 4, queries: [1, 3, 6, 12] }, run: transports });

async function transports(context: BenchContext): Promise<void> {
  const { flags, report, signal } = context;
  for (const scaleFactor of flags.scaleFactors) {
    const tables = await tpchData(context, scaleFactor);
    const spec = { tables, workers: flags.workers, workerMemoryBytes: flags.workerMemoryBytes };
    await withSession({ ...spec, exchange: 'direct' }, (direct) => withSession({ ...spec, exchange: 'store' }, async (store) => {
      await Promise.all([direct.warmUp(signal), store.warmUp(signal)]);
      const outcomes = await measure(context, { direct, store }, scaleFactor);
      report.text(`\nScale factor ${scaleFactor}, ${flags.workers} warm workers on each side; times are those of the run, without planning, in ms; medians.`);
      report.text('requests and bills are of one query: compute of all workers while it ran, invocations, requests; put and get are those of the exchange through the store.');
      tell(context, outcomes, scaleFactor);
    }));
  }
}

interface Outcome {
  readonly query: number;
  readonly exchanges: number;
  readonly runMs: Readonly<Record<Kind, number>>;
  readonly picodollars: Readonly<Record<Kind, number>>;
  readonly requests: QueryResult['requests'];
}

async function measure(context: BenchContext, sessions: Sessions, scaleFactor: number): Promise<readonly Outcome[]> {
  const { flags, report, signal } = context;
  const run = new Samples<`${number} ${Kind}`>();
  const bills = new Samples<`${number} ${Kind}`>();
  const last = new Map<number, QueryResult>();
  const broken = new Set<number>();
  await inRounds(context, async (round) => {
    for (const query of flags.queries.filter((number) => !broken.has(number))) {
      const sql = tpchQuery(query, { scaleFactor });
      try {
        const answers = new Map<Kind, Answer>();
        for (const kind of inTurn(round, KINDS)) answers.set(kind, await answer(sessions[kind], sql, signal));
        if (!round.measured) requireSame(answers);
        for (const [kind, { result }] of answers) {
          if (kind === 'store') last.set(query, result);
          if (!round.measured) continue;
          run.add(`${query} ${kind}`, result.runMs);
          bills.add(`${query} ${kind}`, Number(result.bill.totalPicodollars));
        }
      } catch (thrown) {
        signal.throwIfAborted();
        broken.add(query);
        report.fail(`SF ${scaleFactor}, query ${query}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  });
  return flags.queries.flatMap((query): Outcome[] => {
    const result = last.get(query);
    if (result === undefined || run.of(`${query} store`).length === 0) return [];
    const both = (samples: typeof run): Outcome['runMs'] => ({ direct: samples.median(`${query} direct`), store: samples.median(`${query} store`) });
    return [{ query, exchanges: exchanges(result), runMs: both(run), picodollars: both(bills), requests: result.requests }];
  });
}

function requireSame(answers: ReadonlyMap<Kind, Answer>): void {
  const [direct, store] = [answers.get('direct'), answers.get('store')];
  const difference = direct === undefined || store === undefined ? null : differenceOf(direct.rows, store.rows, direct.result.columns);
  if (difference !== null) throw new Error(`the two exchanges give different answers: ${difference}`);
}

function tell({ flags, report }: BenchContext, outcomes: readonly Outcome[], scaleFactor: number): void {
  if (outcomes.length === 0) return;
  const speedUp = ({ runMs }: Outcome): number => runMs.store / runMs.direct;
  const dollars = (picodollars: number): string => formatDollars(BigInt(Math.round(picodollars)), 7);
  const columns = ['query', 'exchanges', 'direct', 'store', 'faster', 'paper', 'put', 'get', 'bill direct', 'bill store', 'cheaper'];
  const rows = outcomes.map((outcome) => {
    const { query, runMs, requests, picodollars } = outcome;
    return [query, outcome.exchanges, ms(runMs.direct), ms(runMs.store), times(speedUp(outcome)), paperSays(query), requests.put, requests.get, dollars(picodollars.direct), dollars(picodollars.store), times(picodollars.store / picodollars.direct)];
  });
  report.table(`sf${scaleFactor}`, columns, rows, outcomes.map((outcome) => ({ ...outcome, speedUp: speedUp(outcome), paper: paperSays(outcome.query) })));
  const sum = (kind: Kind): number => total(outcomes.map(({ runMs }) => runMs[kind]));
  const cheaper = outcomes.map(({ picodollars }) => picodollars.store / picodollars.direct);
  report.text(`All: direct ${ms(sum('direct'))} ms, store ${ms(sum('store'))} ms, ${times(sum('store') / sum('direct'))}; median of the queries ${times(median(outcomes.map(speedUp)))}, bill ${times(median(cheaper))}, at most ${times(Math.max(...cheaper))} (paper: up to 15 ×).`);
  const several = outcomes.filter((outcome) => outcome.exchanges >= 2);
  const fast = several.filter((outcome) => speedUp(outcome) >= PROMISE);
  const asPromised = PROMISED.scaleFactors.includes(scaleFactor) && flags.workers === PROMISED.workers;
  const where = `SF ${scaleFactor}, ${flags.workers} workers`;
  report.promise({ what: `${where}: each query with two or more exchanges faster by`, promise: `≥ ${PROMISE} ×`, measured: `${fast.length} of ${several.length} queries`, kept: asPromised ? fast.length === several.length : null });
  const equal = outcomes.filter(({ query }) => query === 1 || query === 6);
  if (equal.length > 0) report.promise({ what: `${where}: queries 1 and 6`, promise: 'equal', measured: equal.map((outcome) => times(speedUp(outcome))).join(', '), kept: asPromised ? equal.every((outcome) => speedUp(outcome) <= EQUAL && speedUp(outcome) >= 1 / EQUAL) : null });
}
