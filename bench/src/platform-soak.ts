/**
 * A mix of invocations at half of what the gateway answers at most, for an hour or `--minutes N`: memory, descriptors and
 * threads of gateway and engines must not grow, and latency stays. Growth is the slope of a line through the
 * floors of the second half (growth.ts).
 */
import { runBench, type BenchContext } from './harness/bench.ts';
import { median } from './harness/rounds.ts';
import { megabytes, ms, percent } from './harness/text-table.ts';
import { deploy, deployChain, withGateway, type Gateway } from './platform/gateway.ts';
import { growthOf } from './platform/growth.ts';
import { underLoad, type Load } from './platform/load.ts';
import { descriptors, processTree, residentBytes, threads } from './platform/process-tree.ts';
import { addOne, COPY, COPY_POOLED } from './platform/programs.ts';

const CONNECTIONS = 32;
/** Until the code is compiled for good, which takes its time where processors are shared: half of less would be no half load. */
const WARM_SECONDS = { full: 60, smoke: 1 };
const MOST_SECONDS = { full: 20, smoke: 1 };
const SLICE_SECONDS = 30;
const SAMPLE_MS = 1_000;
/** A load that is answered by less than this share was not held: the machine was needed elsewhere, and the hour shows nothing. */
const HELD = 0.9;
/** Growth in an hour that is no more than the noise of a collected heap, as a share of what is there. */
const NO_GROWTH = 0.05;
const PROMISED_MINUTES = 60;
const BODY = Buffer.from('hello');
const SCRIPT = 'export default ({ in: items }) => ({ out: items });';

/** What one process or several have. */
interface Holdings {
  readonly bytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

interface Sample {
  readonly minute: number;
  readonly gateway: Holdings;
  readonly engines: Holdings;
}

interface Slice {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

await runBench({ name: 'platform-soak', defaults: { minutes: PROMISED_MINUTES, rounds: 1 }, smoke: { minutes: 1 / 6 }, run: (context) => withGateway({}, (gateway) => soak(context, gateway)) });

async function soak(context: BenchContext, gateway: Gateway): Promise<void> {
  const { flags, report, signal } = context;
  const load: Omit<Load, 'seconds'> = { url: gateway.url, paths: await deployAll(gateway), body: BODY, connections: CONNECTIONS, answerBytes: BODY.length };
  const length = flags.smoke ? 'smoke' : 'full';
  await underLoad({ ...load, seconds: WARM_SECONDS[length] }, signal);
  const most = await underLoad({ ...load, seconds: MOST_SECONDS[length] }, signal);
  if (most.failure !== null) report.fail(most.failure);
  const rate = most.perSecond / 2;
  report.text(`At most ${most.perSecond.toFixed(0)} answers a second with ${CONNECTIONS} connections; half of it, ${rate.toFixed(0)} a second, for ${flags.minutes.toFixed(1)} minutes. Of each three, one is a function that is reset, one a chain of three functions, one in turn a function that is pooled and one in JavaScript.`);
  const samples: Sample[] = [];
  const slices: Slice[] = [];
  const began = performance.now();
  const minute = (): number => (performance.now() - began) / 60_000;
  const sampler = setInterval(() => samples.push(sampleOf(gateway, minute())), SAMPLE_MS);
  try {
    while (minute() < flags.minutes) {
      const left = Math.min(SLICE_SECONDS, Math.max(1, (flags.minutes - minute()) * 60));
      const slice = await underLoad({ ...load, seconds: left, rate }, signal);
      if (slice.failure !== null) report.fail(`minute ${minute().toFixed(1)}: ${slice.failed} failed: ${slice.failure}`);
      slices.push(slice);
      process.stderr.write(`minute ${minute().toFixed(1)}: ${slice.perSecond.toFixed(0)} a second, p99 ${ms(slice.p99Ms)} ms, ${megabytes(residentBytes(processTree(gateway.pid)))} MiB\n`);
    }
  } finally {
    clearInterval(sampler);
  }
  const answered = median(slices.slice(Math.floor(slices.length / 2)).map(({ perSecond }) => perSecond));
  const isHeld = answered >= HELD * rate;
  if (!isHeld) report.text(`This load was not held: ${answered.toFixed(0)} a second were answered in the second half.`);
  tell(context, samples, slices, isHeld);
}

async function deployAll(gateway: Gateway): Promise<readonly string[]> {
  await deploy(gateway, 'copy', COPY);
  await deploy(gateway, 'pooled', COPY_POOLED);
  await deploy(gateway, 'script', Buffer.from(SCRIPT), { kind: 'javascript' });
  for (const index of [1, 2, 3]) await deploy(gateway, `add${index}`, addOne(index));
  await deployChain(gateway, 'chain', ['add1', 'add2', 'add3']);
  return ['copy', 'chain', 'pooled', 'copy', 'chain', 'script'].map((name) => `/v1/invoke/${name}`);
}

function sampleOf(gateway: Gateway, minute: number): Sample {
  const [own = gateway.pid, ...others] = processTree(gateway.pid);
  return { minute, gateway: holdingsOf([own]), engines: holdingsOf(others) };
}

function holdingsOf(pids: readonly number[]): Holdings {
  return { bytes: residentBytes(pids), descriptors: descriptors(pids), threads: threads(pids) };
}

function tell(context: BenchContext, samples: readonly Sample[], slices: readonly Slice[], isHeld: boolean): void {
  tellGrowth(context, samples, isHeld);
  const latency = (part: readonly Slice[]): readonly string[] => [median(part.map(({ perSecond }) => perSecond)).toFixed(0), ms(median(part.map(({ p50Ms }) => p50Ms))), ms(median(part.map(({ p99Ms }) => p99Ms)))];
  const quarter = Math.max(1, Math.floor(slices.length / 4));
  context.report.table('latency', ['quarter', 'answered/s', 'p50 ms', 'p99 ms'], [['first', ...latency(slices.slice(0, quarter))], ['last', ...latency(slices.slice(-quarter))]], slices);
}

function tellGrowth({ flags, report }: BenchContext, samples: readonly Sample[], isHeld: boolean): void {
  const sides = ['gateway', 'engines'] as const;
  const kinds = [['MiB', ({ bytes }: Holdings) => bytes / 1024 ** 2], ['descriptors', (held: Holdings) => held.descriptors], ['threads', (held: Holdings) => held.threads]] as const;
  const data = sides.flatMap((side) => kinds.map(([kind, of]) => ({ what: `${side}, ${kind}`, ...growthOf(samples.map((sample) => ({ minute: sample.minute, value: of(sample[side]) }))) })));
  report.text('\nSampled each second: medians of the second and of the last quarter, the most, and the growth of an hour by the line through the floors of the second half.');
  report.table('growth', ['what', 'early', 'late', 'most', 'an hour', 'of it'], data.map((row) => [row.what, row.early.toFixed(0), row.late.toFixed(0), row.most.toFixed(0), row.hourly.toFixed(1), percent(row.share)]), { data, samples });
  for (const { what, share } of data) {
    report.promise({ what: `${what}, in an hour at half load`, promise: `no growth (≤ ${percent(NO_GROWTH)})`, measured: percent(share), kept: isHeld && flags.minutes >= PROMISED_MINUTES ? share <= NO_GROWTH : null });
  }
}
