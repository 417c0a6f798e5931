/**
 * 128 × 128 matrices of 64-bit integers, multiplied: how much longer an invocation takes than the same C natively, and
 * how latency grows with the rate of requests, beside a process and a container for each request.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { runBench, type BenchContext } from './harness/bench.ts';
import { inRounds, inTurn, median, Samples, type Round } from './harness/rounds.ts';
import { machineText, thisMachine } from './harness/machine.ts';
import { ms, textTable, times } from './harness/text-table.ts';
import { chartSvg, type ChartLine } from './platform/chart.ts';
import { forkServer, type ChildServer } from './platform/child-server.ts';
import { engineSandboxes, openSandbox } from './platform/engine-sandboxes.ts';
import { deploy, withFolder, withGateway } from './platform/gateway.ts';
import { underLoad } from './platform/load.ts';
import type { LoadResult } from './platform/load-order.ts';
import { isProduct, matmulInput, PRODUCT_BYTES } from './platform/matmul-input.ts';
import { containerOf, nativeProgram, runcCommand } from './platform/native.ts';
import { resultsFolder, writeResult } from './platform/results.ts';

const PROMISE = 1.4;
const NATIVE_RUNS = 300;
/** Of what each system answers at most, with 32 connections and no pause. */
const SHARES = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1];
const SMOKE_SHARES = [0.3, 1.1];
const SECONDS = { full: 3, smoke: 0.5 };
const SATURATING_CONNECTIONS = 32;
/** Of the open loop: more requests than these wait in the generator, and their wait counts. */
const OPEN_CONNECTIONS = 128;
const COLOURS: Readonly<Record<string, string>> = { pappus: '#0b7a75', process: '#d1711f', runc: '#7b3fa0' };

interface System {
  readonly name: string;
  readonly url: string;
}

await runBench({ name: 'platform-matmul', defaults: { minutes: 12 }, smoke: {}, run: (context) => withFolder((folder) => matmul(context, folder)) });

async function matmul(context: BenchContext, folder: string): Promise<void> {
  const module = readFileSync(new URL('./platform/c/matmul.wasm', import.meta.url));
  const input = matmulInput();
  const native = nativeProgram('matmul-native');
  if (native === null) context.report.text('SKIPPED: the same C natively, a process and a container for each request: there is no C compiler');
  await withGateway({}, async (gateway) => {
    await deploy(gateway, 'matmul', module);
    const peers: ChildServer[] = [];
    try {
      const bytes = await forkServer(new URL('./platform/bytes-server.ts', import.meta.url), [String(PRODUCT_BYTES)]);
      peers.push(bytes);
      const systems = [{ name: 'pappus', url: gateway.invokeUrl('matmul') }, ...(await startPeers(context, native, folder, peers))];
      for (const { name, url } of systems) {
        const answer = await fetch(url, { method: 'POST', body: Uint8Array.from(input), headers: { 'content-type': 'application/octet-stream' } });
        if (!isProduct(input, new Uint8Array(await answer.arrayBuffer()))) throw new Error(`${name} gives another matrix than the product`);
      }
      await latency(context, [...systems, { name: 'bare node:http, no kernel', url: `${bytes.url}/` }], { module, input, native });
      await sweep(context, systems, input);
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  });
}

async function startPeers({ report }: BenchContext, native: string | null, folder: string, started: ChildServer[]): Promise<readonly System[]> {
  if (native === null) return [];
  const program = new URL('./platform/process-server.ts', import.meta.url);
  const start = async (name: string, command: readonly string[]): Promise<System> => {
    const server = await forkServer(program, command);
    started.push(server);
    return { name, url: `${server.url}/` };
  };
  const systems = [await start('process', [native])];
  const container = containerOf(native, folder);
  if (container.kind === 'none') report.text(`SKIPPED: a container for each request, ${container.reason}`);
  else systems.push(await start('runc', runcCommand(container.path)));
  return systems;
}

interface Work {
  readonly module: Uint8Array;
  readonly input: Uint8Array;
  readonly native: string | null;
}

async function latency(context: BenchContext, systems: readonly System[], { module, input, native }: Work): Promise<void> {
  const { flags, report, signal } = context;
  const seconds = flags.smoke ? SECONDS.smoke : SECONDS.full;
  const sandboxed = await sandboxTimer(module, input, seconds);
  const contestants: (readonly [string, () => number | Promise<number>])[] = [['kernel in the sandbox, no HTTP', sandboxed]];
  if (native !== null) contestants.unshift(['native, kernel alone', () => Number(execFileSync(native, [String(NATIVE_RUNS)], { input }).toString().split(' ')[0]) / 1e6]);
  for (const { name, url } of systems) {
    contestants.push([`${name}, HTTP to HTTP`, async () => {
      const result = await underLoad({ url, body: input, connections: 1, seconds, answerBytes: PRODUCT_BYTES }, signal);
      if (result.failure !== null) report.fail(`${name}: ${result.failure}`);
      return result.p50Ms;
    }]);
  }
  const [spent, ratios] = [new Samples<string>(), new Samples<string>()];
  await inRounds(context, async (round) => {
    const found = new Map<string, number>();
    for (const [name, measure] of inTurn(round, contestants)) found.set(name, await measure());
    if (!round.measured) return;
    for (const [name, value] of found) {
      spent.add(name, value);
      ratios.add(name, value / (found.get('native, kernel alone') ?? Number.NaN));
    }
  });
  report.text(`\nNothing else under way; two matrices in (${input.length / 1024} KiB), their product out (${PRODUCT_BYTES / 1024} KiB); bare node:http: the same bytes in and out, and nothing else; in ms, medians of ${flags.rounds} rounds. C by clang -O3, to WebAssembly with SIMD.`);
  const data = contestants.map(([name]) => ({ name, p50Ms: spent.median(name), toNative: ratios.median(name) }));
  report.table('latency', ['what', 'p50', 'to native'], data.map((row) => [row.name, row.p50Ms.toFixed(2), times(row.toNative)]), data);
  const ratio = ratios.median('pappus, HTTP to HTTP');
  report.promise({ what: 'invocation to the same C natively', promise: `≤ ${PROMISE} ×`, measured: native === null ? 'SKIPPED' : times(ratio), kept: native === null ? null : ratio <= PROMISE });
}

/** Median ms of one run on this thread, inputs and outputs copied in and out. */
async function sandboxTimer(module: Uint8Array, data: Uint8Array, seconds: number): Promise<() => number> {
  const sandbox = await openSandbox(engineSandboxes(), { code: module, kind: 'wasm', hasSets: true, mode: 'reset' });
  const inputs = [{ name: 'in', items: [{ name: 'item', key: 0, data }] }];
  return () => {
    const spent: number[] = [];
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      const began = performance.now();
      sandbox.run(inputs, null);
      spent.push(performance.now() - began);
    }
    return median(spent);
  };
}

async function sweep(context: BenchContext, systems: readonly System[], input: Uint8Array): Promise<void> {
  const { flags, report, signal } = context;
  const seconds = flags.smoke ? SECONDS.smoke : SECONDS.full;
  const shares = flags.smoke ? SMOKE_SHARES : SHARES;
  const most = new Map<string, number>();
  const at = new Map<string, LoadResult[]>();
  const load = { body: input, seconds, answerBytes: PRODUCT_BYTES };
  const points = systems.flatMap((system) => shares.map((share) => ({ system, share })));
  await inRounds(context, async (round: Round) => {
    if (!round.measured) {
      for (const { name, url } of systems) most.set(name, (await underLoad({ ...load, url, connections: SATURATING_CONNECTIONS }, signal)).perSecond);
      return;
    }
    for (const { system, share } of inTurn(round, points)) {
      const rate = Math.max(1, (most.get(system.name) ?? 1) * share);
      const result = await underLoad({ ...load, url: system.url, connections: OPEN_CONNECTIONS, rate }, signal);
      if (result.failure !== null && share <= 1) report.text(`${system.name} at ${rate.toFixed(0)} a second: ${result.failed} failed, ${result.failure.split('\r\n', 1)[0]}`);
      const key = `${system.name} ${share}`;
      at.set(key, [...(at.get(key) ?? []), result]);
    }
  });
  const data = points.flatMap(({ system, share }) => {
    const results = at.get(`${system.name} ${share}`) ?? [];
    const of = (field: (result: LoadResult) => number): number => median(results.map(field));
    return results.length === 0 ? [] : [{ name: system.name, rate: (most.get(system.name) ?? 1) * share, perSecond: of((r) => r.perSecond), p50Ms: of((r) => r.p50Ms), p99Ms: of((r) => r.p99Ms), failed: of((r) => r.failed), unsent: of((r) => r.unsent) }];
  });
  report.text(`\nRequests at a fixed rate, whether or not earlier ones are answered; ${seconds} s each, medians of ${flags.rounds} rounds. unsent: due, and still waiting for one of ${OPEN_CONNECTIONS} connections at the end.`);
  const columns = ['system', 'rate', 'answered/s', 'p50 ms', 'p99 ms', 'failed', 'unsent'];
  const rows = data.map((row) => [row.name, row.rate.toFixed(0), row.perSecond.toFixed(0), ms(row.p50Ms), ms(row.p99Ms), row.failed, row.unsent]);
  report.table('sweep', columns, rows, data);
  document(context, chartOf(data), textTable(columns, rows));
}

/** The chart, and a page with it and the table: with `--docs` those of the documentation. */
function document({ flags, report }: BenchContext, chart: string, table: string): void {
  const folder = resultsFolder(flags.docs && !flags.smoke);
  const name = flags.smoke ? 'matmul-smoke' : 'matmul';
  const page = `# 128 × 128 matrices, by the rate of requests

![Latency over answers a second](${name}.svg)

Made by \`npm run bench:platform-matmul -- --docs\` on ${machineText(thisMachine())}. Requests come at a fixed rate, whether or not
earlier ones are answered; everything is on one machine, the load generator included. \`process\` starts a native process
for each request, \`runc\` a container.

\`\`\`
${table}
\`\`\`
`;
  report.text(`Written: ${[writeResult(folder, `${name}.svg`, chart), writeResult(folder, `${name}.md`, page)].join(', ')}`);
}

function chartOf(data: readonly { readonly name: string; readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number }[]): string {
  const names = [...new Set(data.map(({ name }) => name))];
  const lines = names.flatMap((name): ChartLine[] => {
    const own = data.filter((row) => row.name === name && row.p50Ms > 0);
    const line = (what: string, dashed: boolean, y: (row: (typeof own)[number]) => number): ChartLine => ({ name: `${name} ${what}`, colour: COLOURS[name] ?? '#333333', dashed, points: own.map((row) => [row.perSecond, y(row)] as const) });
    return [line('p50', false, (row) => row.p50Ms), line('p99', true, (row) => row.p99Ms)];
  });
  return chartSvg({ title: '128 × 128 int64 matrix multiplication', subtitle: 'latency of requests at a fixed rate, up to saturation; all on one machine, load generator included', x: 'answers a second', y: 'latency, ms', lines });
}
