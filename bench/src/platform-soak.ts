/**
 * A mix of invocations at half of what the gateway answers at most, for an hour or `--minutes N`: that memory does not
 * grow and latency stays. Growth is the slope of a line through the samples after the first tenth.
 */
import { runBench, type BenchContext } from './harness/bench.ts';
import { median } from './harness/rounds.ts';
import { megabytes, ms, percent } from './harness/text-table.ts';
import { deploy, deployChain, withGateway, type Gateway } from './platform/gateway.ts';
import { underLoad, type Load } from './platform/load.ts';
import { processTree, residentBytes } from './platform/process-tree.ts';
import { addOne, COPY, COPY_POOLED } from './platform/programs.ts';

const CONNECTIONS = 32;
const WARM_SECONDS = { full: 10, smoke: 1 };
const SLICE_SECONDS = 30;
const SAMPLE_MS = 1_000;
/** Growth in an hour that is no more than the noise of a collected heap, as a share of what is resident. */
const NO_GROWTH = 0.05;
const PROMISED_MINUTES = 60;
const BODY = Buffer.from('hello');
const SCRIPT = 'export default ({ in: items }) => ({ out: items });';

interface Sample {
  readonly minute: number;
  readonly gatewayBytes: number;
  readonly enginesBytes: number;
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
  const seconds = flags.smoke ? WARM_SECONDS.smoke : WARM_SECONDS.full;
  await underLoad({ ...load, seconds }, signal);
  const most = await underLoad({ ...load, seconds }, signal);
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
  tell(context, samples, slices);
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
  return { minute, gatewayBytes: residentBytes([own]), enginesBytes: residentBytes(others) };
}

/** Bytes a minute, by least squares. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(of))];
  const spread = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
  return samples.reduce((sum, sample) => sum + (sample.minute - x) * (of(sample) - y), 0) / spread;
}

function tell({ flags, report }: BenchContext, samples: readonly Sample[], slices: readonly Slice[]): void {
  const settled = samples.slice(Math.ceil(samples.length / 10));
  const parts = [['gateway', ({ gatewayBytes }: Sample) => gatewayBytes], ['engines', ({ enginesBytes }: Sample) => enginesBytes], ['both', (sample: Sample) => sample.gatewayBytes + sample.enginesBytes]] as const;
  const data = parts.map(([name, of]) => {
    const values = settled.map(of);
    const quarter = Math.max(1, Math.floor(values.length / 4));
    return { name, first: median(values.slice(0, quarter)), last: median(values.slice(-quarter)), most: Math.max(...values), hourly: slope(settled, of) * 60, share: (slope(settled, of) * 60) / median(values) };
  });
  report.text('\nMiB resident, sampled each second: medians of the first and of the last quarter, the most, and the growth of an hour by regression.');
  report.table('memory', ['process', 'first', 'last', 'most', 'an hour', 'of it'], data.map((row) => [row.name, megabytes(row.first), megabytes(row.last), megabytes(row.most), megabytes(row.hourly), percent(row.share)]), { data, samples });
  const latency = (part: readonly Slice[]): readonly string[] => [median(part.map(({ perSecond }) => perSecond)).toFixed(0), ms(median(part.map(({ p50Ms }) => p50Ms))), ms(median(part.map(({ p99Ms }) => p99Ms)))];
  const quarter = Math.max(1, Math.floor(slices.length / 4));
  report.table('latency', ['quarter', 'answered/s', 'p50 ms', 'p99 ms'], [['first', ...latency(slices.slice(0, quarter))], ['last', ...latency(slices.slice(-quarter))]], slices);
  const growth = data.at(-1)?.share ?? Number.NaN;
  report.promise({ what: `memory at half load, by regression, in an hour`, promise: `no growth (≤ ${percent(NO_GROWTH)})`, measured: percent(growth), kept: flags.minutes >= PROMISED_MINUTES ? growth <= NO_GROWTH : null });
}
