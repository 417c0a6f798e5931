/**
 * Items of 1 MiB through three functions, from the first byte of the request to the last of the answer, and the memory
 * that gateway and engines take for it. Beside it a bare node:http server that sends the same bytes back.
 */
import { decodeFrames, encodeSets, type Item } from '@pappus/platform';
import { assembleWasm, wasmVariant } from '@pappus/testkit';
import { runBench, type BenchContext } from './harness/bench.ts';
import { inRounds, inTurn, Samples } from './harness/rounds.ts';
import { megabytes, ms, times } from './harness/text-table.ts';
import { bulkRequest } from './platform/bulk-request.ts';
import { forkServer } from './platform/child-server.ts';
import { deploy, deployChain, withGateway, type Gateway } from './platform/gateway.ts';
import { forgetPeaks, peakBytes, processTree, residentBytes } from './platform/process-tree.ts';
import { COPY_LARGE, SUM } from './platform/programs.ts';

const ITEM_BYTES = 1024 ** 2;
const ITEMS = { full: 1_024, smoke: 16 };
/** What is sent is checked whole with so many items, before anything is measured. */
const CHECKED_ITEMS = 16;
const PROMISE_MB = 500;

await runBench({ name: 'platform-pipeline', defaults: { minutes: 10 }, smoke: {}, run: pipelines });

function itemsOf(count: number): Item[] {
  const blocks = Array.from({ length: 16 }, (_, block) => Buffer.alloc(ITEM_BYTES, `block ${block}, `));
  return Array.from({ length: count }, (_, index) => ({ name: `item${index}`, key: index, data: blocks[index % blocks.length] as Buffer }));
}

function frameOf(count: number): readonly Uint8Array[] {
  return encodeSets([{ name: 'a', items: itemsOf(count) }]);
}

async function pipelines(context: BenchContext): Promise<void> {
  const relay = await forkServer(new URL('./platform/relay-server.ts', import.meta.url), []);
  try {
    await withGateway({}, async (gateway) => {
      await deployAll(gateway);
      await check(context, gateway);
      await measure(context, gateway, [['copy × 3, all back', gateway.invokeUrl('copies')], ['copy × 2, sums back', gateway.invokeUrl('sums')], ['bare node:http, all back', `${relay.url}/`]]);
    });
  } finally {
    await relay.stop();
  }
}

async function deployAll(gateway: Gateway): Promise<void> {
  const copy = await assembleWasm(COPY_LARGE);
  for (const index of [1, 2, 3]) await deploy(gateway, `copy${index}`, wasmVariant(copy, index));
  await deploy(gateway, 'sum', SUM);
  await deployChain(gateway, 'copies', ['copy1', 'copy2', 'copy3'], 'each');
  await deployChain(gateway, 'sums', ['copy1', 'copy2', 'sum'], 'each');
}

async function check({ signal }: BenchContext, gateway: Gateway): Promise<void> {
  const items = itemsOf(CHECKED_ITEMS);
  const answer = async (name: string): Promise<readonly Item[]> => {
    const { body } = await bulkRequest(gateway.invokeUrl(name), frameOf(CHECKED_ITEMS), true, signal);
    return decodeFrames(body ?? Buffer.alloc(0), CHECKED_ITEMS)[0]?.items ?? [];
  };
  const copies = await answer('copies');
  const wrong = items.find(({ name, key, data }, index) => copies[index]?.name !== name || copies[index]?.key !== key || !Buffer.from(copies[index]?.data ?? []).equals(data));
  if (wrong !== undefined || copies.length !== items.length) throw new Error(`the copies differ from the items: ${wrong?.name ?? copies.length}`);
  const sums = await answer('sums');
  const summed = (data: Uint8Array): bigint => BigInt.asUintN(64, new BigUint64Array(Uint8Array.from(data).buffer).reduce((sum, word) => sum + word, 0n));
  const wrongSum = items.find(({ data }, index) => summed(data) !== Buffer.from(sums[index]?.data ?? Buffer.alloc(8)).readBigUInt64LE());
  if (wrongSum !== undefined || sums.length !== items.length) throw new Error(`another sum than that of ${wrongSum?.name ?? sums.length}`);
}

async function measure(context: BenchContext, gateway: Gateway, contestants: readonly (readonly [name: string, url: string])[]): Promise<void> {
  const { flags, report, signal } = context;
  const count = flags.smoke ? ITEMS.smoke : ITEMS.full;
  const bytes = count * ITEM_BYTES;
  const [spent, peaks, ratios, left] = [new Samples<string>(), new Samples<string>(), new Samples<string>(), [] as number[]];
  await inRounds(context, async (round) => {
    const found = new Map<string, number>();
    for (const [name, url] of inTurn(round, contestants)) {
      const pids = processTree(gateway.pid);
      forgetPeaks(pids);
      const answer = await bulkRequest(url, frameOf(count), false, signal);
      if (name.includes('all back') && answer.bytes < bytes) report.fail(`${name}: ${answer.bytes} bytes came back`);
      found.set(name, answer.elapsedMs);
      if (!round.measured) continue;
      spent.add(name, answer.elapsedMs);
      if (url.startsWith(gateway.url)) peaks.add(name, peakBytes(pids));
    }
    if (!round.measured) return;
    left.push(residentBytes(processTree(gateway.pid)));
    for (const [name, elapsed] of found) ratios.add(name, (found.get('bare node:http, all back') ?? Number.NaN) / elapsed);
  });
  const rate = (name: string): number => bytes / 1e3 / spent.median(name);
  const data = contestants.map(([name]) => ({ name, elapsedMs: spent.median(name), megabytesPerSecond: rate(name), peakBytes: peaks.of(name).length === 0 ? null : Math.max(...peaks.of(name)), ratio: ratios.median(name) }));
  report.text(`\n${count} items of 1 MiB by HTTP to the first function, each on its own through all three; MB of items a second, medians of ${flags.rounds} rounds; peak: the most MiB that gateway and engines had resident, the largest of the rounds. ${megabytes(left.at(-1) ?? 0)} MiB were resident after the last round.`);
  report.table('pipeline', ['what', 'ms', 'MB/s', 'to bare', 'peak'], data.map((row) => [row.name, ms(row.elapsedMs), row.megabytesPerSecond.toFixed(0), times(row.ratio), row.peakBytes === null ? null : megabytes(row.peakBytes)]), data);
  for (const [name] of contestants.slice(0, 2)) {
    report.promise({ what: `${name}: ${count} MiB through three functions`, promise: `≥ ${PROMISE_MB} MB/s`, measured: `${rate(name).toFixed(0)} MB/s`, kept: rate(name) >= PROMISE_MB });
  }
}
