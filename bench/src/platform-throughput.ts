/**
 * Invocations over HTTP, each in a fresh sandbox: how many a second, and how long one takes when nothing else runs.
 * Beside them a bare node:http hello-world, workerd with an instance for each request, a process and a container for
 * each request.
 */
import { runBench, type BenchContext } from './harness/bench.ts';
import type { Report } from './harness/report.ts';
import { inRounds, inTurn, median, Samples } from './harness/rounds.ts';
import { undisturbed } from './harness/stolen-time.ts';
import { percent, times } from './harness/text-table.ts';
import { forkServer, type ChildServer } from './platform/child-server.ts';
import { deploy, deployChain, withFolder, withGateway, type Gateway } from './platform/gateway.ts';
import { hasWrk, throughputByWrk, underLoad, type Load } from './platform/load.ts';
import { containerOf, nativeProgram, runcCommand } from './platform/native.ts';
import { processorMs, processTree } from './platform/process-tree.ts';
import { addOne, COPY } from './platform/programs.ts';
import { startWorkerd } from './platform/workerd-server.ts';

const CONNECTIONS = 32;
const CHAIN = 16;
/** `warm`: what answers all requests in the same processes is compiled while it runs, and is warm after some 10 s of load. */
const SECONDS = { throughput: 3, latency: 1, warm: 12 };
const SMOKE_SECONDS = { throughput: 0.5, latency: 0.3, warm: 0.5 };
/** Containers that were started last have so long to end. */
const SETTLE_MS = 15_000;
const BODY = Buffer.from('hello');
const PROMISES = [
  { peer: 'hello, GET', what: 'invocations a second, to a bare node:http hello-world (GET)', least: 0.5 },
  { peer: 'workerd', what: 'to workerd with an instance for each request', least: 4 },
  { peer: 'process', what: 'to a process for each request', least: 15 },
  { peer: 'runc', what: 'to a runc container for each request', least: 100 },
] as const;
/** What answers all requests in the same processes. */
const LASTING = new Set(['pappus', 'hello', 'hello, GET', 'workerd']);
const LATENCY_PROMISE_MS = 0.5;
const HOP_PROMISE_MS = 0.05;

type Target = Pick<Load, 'url' | 'body' | 'answerBytes'> & {
  readonly pid: number;
};

await runBench({ name: 'platform-throughput', defaults: { minutes: 10 }, smoke: {}, run: (context) => withFolder((folder) => throughput(context, folder)) });

async function throughput(context: BenchContext, folder: string): Promise<void> {
  await withGateway({}, async (gateway) => {
    await deployAll(gateway);
    const peers: ChildServer[] = [];
    try {
      const targets = await startPeers(context, folder, peers);
      targets.set('pappus', { url: gateway.invokeUrl('copy'), body: BODY, answerBytes: BODY.length, pid: gateway.pid });
      await answersASecond(context, targets, folder);
      await latencies(context, targets, gateway);
    } finally {
      await Promise.all(peers.map((peer) => peer.stop()));
    }
  });
}

async function deployAll(gateway: Gateway): Promise<void> {
  await deploy(gateway, 'copy', COPY);
  const names = Array.from({ length: CHAIN }, (_, index) => `add${index}`);
  for (const [index, name] of names.entries()) await deploy(gateway, name, addOne(index));
  await deployChain(gateway, 'chain', names);
  await deployChain(gateway, 'link', names.slice(0, 1));
  const answer = Buffer.from(await gateway.client.invokeRaw('chain', BODY));
  if (answer[0] !== (BODY[0] ?? 0) + CHAIN || answer.length !== BODY.length) throw new Error(`a chain of ${CHAIN} functions gives ${answer.toString('hex')}`);
}

/** By name; what can't run here is said and left out. */
async function startPeers({ report }: BenchContext, folder: string, started: ChildServer[]): Promise<Map<string, Target>> {
  const targets = new Map<string, Target>();
  const add = async (name: string, starting: Promise<ChildServer>): Promise<void> => {
    const server = await starting;
    started.push(server);
    const { url, pid } = server;
    targets.set(name, { url: `${url}/`, body: BODY, answerBytes: BODY.length, pid });
  };
  await add('hello', forkServer(new URL('./platform/hello-server.ts', import.meta.url), []));
  const hello = targets.get('hello');
  if (hello !== undefined) targets.set('hello, GET', { ...hello, body: null });
  await add('workerd', startWorkerd(folder)).catch((thrown: unknown) => report.text(`SKIPPED: workerd, which does not start here: ${String(thrown)}`));
  const echo = nativeProgram('echo');
  if (echo === null) report.text('There is no C compiler: the process for each request is `cat`, which is linked dynamically and slower to start.');
  const processServer = new URL('./platform/process-server.ts', import.meta.url);
  await add('process', forkServer(processServer, [echo ?? 'cat']));
  const container = containerOf(echo, folder);
  if (container.kind === 'none') report.text(`SKIPPED: a container for each request, ${container.reason}`);
  else await add('runc', forkServer(processServer, runcCommand(container.path)));
  return targets;
}

async function answersASecond(context: BenchContext, targets: ReadonlyMap<string, Target>, folder: string): Promise<void> {
  const { flags, report, signal } = context;
  const wrk = !flags.smoke && (await hasWrk());
  const { throughput: seconds, warm } = flags.smoke ? SMOKE_SECONDS : SECONDS;
  report.text(`\n${CONNECTIONS} connections, a body of ${BODY.length} bytes by POST (except for the GET) and the same bytes back; the load is made by ${wrk ? 'wrk' : "the bench's own generator"} on the same machine, for ${seconds} s each, after ${warm} s that are not measured; medians of ${flags.rounds} rounds. µs: processor time for each answer, in all threads of all processes of the server; it says more than a rate where other programs run. Stolen: the share of processor time that a hypervisor gave to other machines meanwhile; where it is more than a little, the same is measured again.`);
  const rates = new Samples<string>();
  const ratios = new Samples<string>();
  const spent = new Samples<string>();
  const stolen = new Samples<string>();
  await inRounds(context, async (round) => {
    const found = new Map<string, number>();
    for (const [name, target] of inTurn(round, [...targets])) {
      const load = { ...target, connections: CONNECTIONS, seconds: !round.measured && LASTING.has(name) ? warm : seconds };
      const measure = async (): Promise<{ readonly perSecond: number; readonly us: number | null }> => {
        const pids = LASTING.has(name) ? processTree(target.pid) : [];
        const before = processorMs(pids);
        const { perSecond, failure } = wrk ? await throughputByWrk(load, folder, signal) : await underLoad(load, signal);
        if (failure !== null) told(report, name, failure);
        const after = processorMs(pids);
        if (!LASTING.has(name)) await withoutChildren(target.pid);
        return { perSecond, us: before === null || after === null ? null : ((after - before) * 1_000) / (perSecond * load.seconds) };
      };
      if (!round.measured) {
        await measure();
        continue;
      }
      const { value, stolen: share } = await undisturbed(measure);
      found.set(name, value.perSecond);
      if (value.us !== null) spent.add(name, value.us);
      if (share !== null) stolen.add(name, share);
    }
    for (const [name, perSecond] of found) {
      rates.add(name, perSecond);
      ratios.add(name, (found.get('pappus') ?? Number.NaN) / perSecond);
    }
  });
  const data = [...targets.keys()].map((name) => ({ name, perSecond: rates.median(name), least: Math.min(...rates.of(name)), most: Math.max(...rates.of(name)), processorUs: spent.of(name).length === 0 ? null : spent.median(name), stolen: stolen.of(name).length === 0 ? null : Math.max(...stolen.of(name)), ratio: ratios.median(name) }));
  report.table('throughput', ['what', 'a second', 'least', 'most', 'µs', 'stolen, most', 'pappus / this'], data.map((row) => [row.name, row.perSecond.toFixed(0), row.least.toFixed(0), row.most.toFixed(0), row.processorUs?.toFixed(0) ?? null, row.stolen === null ? null : percent(row.stolen), times(row.ratio)]), data);
  for (const { peer, what, least } of PROMISES) {
    const ratio = ratios.median(peer);
    if (targets.has(peer)) report.promise({ what, promise: `≥ ${least} ×`, measured: times(ratio), kept: ratio >= least });
    else report.promise({ what, promise: `≥ ${least} ×`, measured: 'SKIPPED', kept: null });
  }
}

/** A container that does not start now and then is the peer's own affair. */
function told(report: Report, name: string, failure: string): void {
  if (LASTING.has(name) || name === 'link' || name === 'chain') report.fail(`${name}: ${failure}`);
  else report.text(`Of the requests to ${name}, some failed: ${failure.split('\r\n', 1)[0]}`);
}

/** What was under way when the load ended must not disturb whoever is next. */
async function withoutChildren(pid: number): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  while (processTree(pid).length > 1 && performance.now() < end) await new Promise((resolve) => void setTimeout(resolve, 50));
}

async function latencies(context: BenchContext, targets: ReadonlyMap<string, Target>, gateway: Gateway): Promise<void> {
  const { flags, report, signal } = context;
  const seconds = flags.smoke ? SMOKE_SECONDS.latency : SECONDS.latency;
  const contestants = new Map([...targets, ...['link', 'chain'].map((name) => [name, { url: gateway.invokeUrl(name), body: BODY, answerBytes: BODY.length, pid: gateway.pid }] as const)]);
  const [p50, p99, over, hop] = [new Samples<string>(), new Samples<string>(), [] as number[], [] as number[]];
  await inRounds(context, async (round) => {
    const found = new Map<string, number>();
    for (const [name, target] of inTurn(round, [...contestants])) {
      const result = await underLoad({ ...target, connections: 1, seconds }, signal);
      if (result.failure !== null) told(report, name, result.failure);
      found.set(name, result.p50Ms);
      if (!round.measured) continue;
      p50.add(name, result.p50Ms);
      p99.add(name, result.p99Ms);
    }
    const at = (name: string): number => found.get(name) ?? Number.NaN;
    if (!round.measured) return;
    over.push(at('pappus') - at('hello'));
    hop.push((at('chain') - at('link')) / (CHAIN - 1));
  });
  const us = (value: number): string => (value * 1_000).toFixed(0);
  const data = [...contestants.keys()].map((name) => ({ name, p50Ms: p50.median(name), p99Ms: p99.median(name) }));
  report.text(`\nNothing else under way: one connection, from request to answer, in µs. link: a composition of one function; chain: one of ${CHAIN} different functions, one after the other.`);
  report.table('latency', ['what', 'p50', 'p99'], data.map((row) => [row.name, us(row.p50Ms), us(row.p99Ms)]), data);
  report.promise({ what: 'unloaded latency over the bare hello-world', promise: `≤ ${LATENCY_PROMISE_MS} ms`, measured: `${us(median(over))} µs`, kept: median(over) <= LATENCY_PROMISE_MS });
  report.promise({ what: `each further function of a chain of ${CHAIN}`, promise: `≤ ${us(HOP_PROMISE_MS)} µs`, measured: `${(median(hop) * 1_000).toFixed(1)} µs`, kept: median(hop) <= HOP_PROMISE_MS });
}
