/**
 * 10,000 registered functions against 10: how long the start takes, how much memory gateway and engines have resident,
 * and what an invocation takes: of a few functions, of each for the first time, and of all in turn after that.
 */
import { join } from 'node:path';
import { runBench, type BenchContext } from './harness/bench.ts';
import { inRounds, inTurn, Samples } from './harness/rounds.ts';
import { megabytes, ms, times } from './harness/text-table.ts';
import { deploy, startGateway, withFolder, type Gateway } from './platform/gateway.ts';
import { underLoad, type Load } from './platform/load.ts';
import { peakBytes, processTree, residentBytes } from './platform/process-tree.ts';
import { numberedCopies } from './platform/programs.ts';

const FEW = 10;
const MANY = { full: 10_000, smoke: 200 };
const SECONDS = { full: 2, smoke: 0.3 };
/** Time for the first call of each. */
const FIRST_SECONDS = 60;
const DEPLOYMENTS_AT_ONCE = 8;
const START_PROMISE_MS = 3_000;
const MEMORY_PROMISE_BYTES = 1024 ** 3;
/** Unchanged: within a tenth, which is the noise of medians. */
const UNCHANGED = 1.1;
const BODY = Buffer.from('hello');

const nameOf = (index: number): string => `copy${index}`;

await runBench({ name: 'platform-registry', defaults: { minutes: 10 }, smoke: {}, run: (context) => withFolder((folder) => registry(context, folder)) });

async function registry(context: BenchContext, folder: string): Promise<void> {
  const { flags } = context;
  const many = flags.smoke ? MANY.smoke : MANY.full;
  const sizes = [FEW, many];
  for (const size of sizes) await fill(context, join(folder, String(size)), size);
  const samples = new Samples<string>();
  await inRounds(context, async (round) => {
    for (const size of inTurn(round, sizes)) {
      const gateway = await startGateway({ folder: join(folder, String(size)) });
      try {
        const found = await measure(context, gateway, size);
        if (round.measured) for (const [what, value] of Object.entries(found)) samples.add(`${size} ${what}`, value);
      } finally {
        await gateway.stop();
      }
    }
  });
  tell(context, samples, sizes);
}

/** Deploys `size` functions into a folder, over HTTP as a user does. */
async function fill({ report, signal }: BenchContext, folder: string, size: number): Promise<void> {
  const gateway = await startGateway({ folder });
  try {
    const copy = await numberedCopies();
    const began = performance.now();
    let next = 0;
    const deployInTurn = async (): Promise<void> => {
      while (next < size) {
        signal.throwIfAborted();
        const index = next++;
        await deploy(gateway, nameOf(index), copy(index));
        if (index % 1_000 === 999) process.stderr.write(`${index + 1} of ${size} deployed …\n`);
      }
    };
    await Promise.all(Array.from({ length: DEPLOYMENTS_AT_ONCE }, deployInTurn));
    report.text(`${size} functions deployed, ${DEPLOYMENTS_AT_ONCE} at a time: ${((size * 1_000) / (performance.now() - began)).toFixed(0)} a second`);
  } finally {
    await gateway.stop();
  }
}

interface Measured extends Record<string, number> {
  readonly startMs: number;
  readonly idleBytes: number;
  readonly bytes: number;
  readonly peakBytes: number;
  readonly fewMs: number;
  readonly firstMs: number;
  readonly allMs: number;
  readonly allPerSecond: number;
}

async function measure({ flags, report, signal }: BenchContext, gateway: Gateway, size: number): Promise<Measured> {
  const idleBytes = residentBytes(processTree(gateway.pid));
  const seconds = flags.smoke ? SECONDS.smoke : SECONDS.full;
  const pathsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `/v1/invoke/${nameOf(index)}`);
  const under = async (what: string, load: Partial<Load>): Promise<{ readonly p50Ms: number; readonly perSecond: number }> => {
    const result = await underLoad({ url: gateway.url, body: BODY, connections: 1, seconds, answerBytes: BODY.length, ...load }, signal);
    if (result.failure !== null) report.fail(`${size} functions, ${what}: ${result.failure}`);
    return result;
  };
  const few = await under('a few of them', { paths: pathsOf(FEW) });
  const first = await under('each for the first time', { paths: pathsOf(size), requests: size, seconds: FIRST_SECONDS });
  const all = await under('all in turn', { paths: pathsOf(size) });
  const busy = await under('all in turn, 32 connections', { paths: pathsOf(size).toReversed(), connections: 32 });
  const pids = processTree(gateway.pid);
  return { startMs: gateway.startMs, idleBytes, bytes: residentBytes(pids), peakBytes: peakBytes(pids), fewMs: few.p50Ms, firstMs: first.p50Ms, allMs: all.p50Ms, allPerSecond: busy.perSecond };
}

function tell({ flags, report }: BenchContext, samples: Samples<string>, sizes: readonly number[]): void {
  const [few = 0, many = 0] = sizes;
  const at = (size: number, what: keyof Measured): number => samples.median(`${size} ${what}`);
  const us = (value: number): string => (value * 1_000).toFixed(0);
  report.text(`\nstart: from asking for the process to taking requests, in ms, an empty Node included; idle, used and peak: MiB resident in gateway and engines, after the start, after the load, and at most; few: µs from request to answer, one connection, ${FEW} functions in turn; first: the same, each for the first time since the start; all: over all again; all/s: answers a second over all, 32 connections.`);
  const data = sizes.map((size) => ({ functions: size, startMs: at(size, 'startMs'), idleBytes: at(size, 'idleBytes'), bytes: at(size, 'bytes'), peakBytes: at(size, 'peakBytes'), fewMs: at(size, 'fewMs'), firstMs: at(size, 'firstMs'), allMs: at(size, 'allMs'), allPerSecond: at(size, 'allPerSecond') }));
  report.table('registry', ['functions', 'start', 'idle', 'used', 'peak', 'few', 'first', 'all', 'all/s'], data.map((row) => [row.functions, ms(row.startMs), megabytes(row.idleBytes), megabytes(row.bytes), megabytes(row.peakBytes), us(row.fewMs), us(row.firstMs), us(row.allMs), row.allPerSecond.toFixed(0)]), data);
  const asPromised = many === MANY.full && !flags.smoke;
  const promise = (what: string, promised: string, measured: string, kept: boolean): void => report.promise({ what, promise: promised, measured, kept: asPromised ? kept : null });
  promise(`start with ${many} functions`, `≤ ${START_PROMISE_MS / 1_000} s`, `${(at(many, 'startMs') / 1_000).toFixed(2)} s`, at(many, 'startMs') <= START_PROMISE_MS);
  promise('their memory, gateway and engines', '≤ 1 GiB', `${megabytes(at(many, 'peakBytes'))} MiB`, at(many, 'peakBytes') <= MEMORY_PROMISE_BYTES);
  for (const [what, field] of [['a few of them', 'fewMs'], ['all in turn', 'allMs']] as const) {
    const ratio = at(many, field) / at(few, 'fewMs');
    promise(`latency to that of ${few} functions: ${what}`, 'unchanged', times(ratio), ratio <= UNCHANGED);
  }
}
