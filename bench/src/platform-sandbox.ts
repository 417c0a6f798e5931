/**
 * What a sandbox with fresh state costs in the engine: a run of a function that does nothing, and of one that copies an
 * item. Beside it the ways that WebAssembly itself offers, bare: a new instance on a memory of its own, a new instance on
 * a zeroed memory, a kept instance whose memory is zeroed.
 */
import { assembleWasm } from '@pappus/testkit';
import { runBench, type BenchContext } from './harness/bench.ts';
import { inRounds, inTurn, Samples } from './harness/rounds.ts';
import { times } from './harness/text-table.ts';
import { bareWays } from './platform/bare-sandboxes.ts';
import { engineSandboxes, openSandbox, type Sandbox, type Sets } from './platform/engine-sandboxes.ts';
import { COPY, COPY_POOLED, NOTHING, NOTHING_POOLED } from './platform/programs.ts';

const RUNS_PER_BATCH = 20;
const BATCH_MS = { full: 400, smoke: 40 };

const NO_SETS: Sets = [];
const ONE_ITEM: Sets = [{ name: 'in', items: [{ name: 'item', key: 0, data: Buffer.from('hello') }] }];

interface Way {
  readonly name: string;
  readonly what: string;
  /** µs by median; null where nothing is promised. */
  readonly promise: number | null;
  run(): void;
}

await runBench({ name: 'platform-sandbox', defaults: { minutes: 3 }, smoke: {}, run: sandboxes });

async function sandboxes(context: BenchContext): Promise<void> {
  const { flags, report } = context;
  const ways = [...(await bareWays()).map((way): Way => ({ ...way, what: 'bare', promise: null })), ...(await ourWays())];
  const [p50, p99] = [new Samples<string>(), new Samples<string>()];
  await inRounds(context, async (round) => {
    for (const { name, run } of inTurn(round, ways)) {
      const spent = batches(run, flags.smoke ? BATCH_MS.smoke : BATCH_MS.full);
      if (!round.measured) continue;
      p50.add(name, spent[Math.floor(spent.length / 2)] ?? Number.NaN);
      p99.add(name, spent[Math.floor(spent.length * 0.99)] ?? Number.NaN);
    }
  });
  const us = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
  const bare = p50.median(ways[0]?.name ?? '');
  const data = ways.map(({ name, what }) => ({ name, what, p50Us: p50.median(name), p99Us: p99.median(name) }));
  report.text(`One run with state that no earlier run has touched, in µs; means of ${RUNS_PER_BATCH} runs in a row, of these the median and the 99th percentile in each round, of these the medians of ${flags.rounds} rounds. Modules with one page (64 KiB) of memory, JavaScript on QuickJS with 1.3 MiB.`);
  report.table('sandboxes', ['way', 'by', 'p50', 'p99', 'first / this'], data.map((row) => [row.name, row.what, us(row.p50Us), us(row.p99Us), times(bare / row.p50Us)]), data);
  for (const { name, promise } of ways) {
    if (promise !== null) report.promise({ what: `fresh state and run: ${name}`, promise: `≤ ${promise} µs`, measured: `${us(p50.median(name))} µs`, kept: p50.median(name) <= promise });
  }
}

/** Microseconds of one run, ascending. */
function batches(run: () => void, forMs: number): Float64Array {
  const spent: number[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const began = process.hrtime.bigint();
    for (let index = 0; index < RUNS_PER_BATCH; index++) run();
    spent.push(Number(process.hrtime.bigint() - began) / 1e3 / RUNS_PER_BATCH);
  }
  return Float64Array.from(spent).sort();
}

async function ourWays(): Promise<readonly Way[]> {
  const factory = engineSandboxes();
  const way = (name: string, promise: number | null, sandbox: Sandbox, inputs: Sets): Way => ({ name, what: 'pappus', promise, run: () => finished(sandbox, inputs) });
  const module = async (text: string, hasSets: boolean, mode: Sandbox['mode']): Promise<Sandbox> => openSandbox(factory, { code: await assembleWasm(text), kind: 'wasm', hasSets, mode });
  const script = (text: string, hasSets: boolean): Promise<Sandbox> => openSandbox(factory, { code: Buffer.from(text), kind: 'javascript', hasSets, mode: 'reset' });
  return [
    way('reset, nothing in or out', 1, await module(NOTHING, false, 'reset'), NO_SETS),
    way('reset, copies an item', null, await module(COPY, true, 'reset'), ONE_ITEM),
    way('pooled, nothing in or out', 10, await module(NOTHING_POOLED, false, 'pooled'), NO_SETS),
    way('pooled, copies an item', null, await module(COPY_POOLED, true, 'pooled'), ONE_ITEM),
    way('JavaScript, nothing in or out', 100, await script('export default () => ({})', false), NO_SETS),
    way('JavaScript, copies an item', null, await script('export default ({ in: items }) => ({ out: items })', true), ONE_ITEM),
  ];
}

function finished(sandbox: Sandbox, inputs: Sets): void {
  const outcome = sandbox.run(inputs, null);
  if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.failure));
}
