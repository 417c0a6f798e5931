/** All benches, one after the other, each in a process of its own; goes on after one that fails. `--smoke` for tiny data. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock, sleep } from '@pappus/core';
import { load, QUIET_LOAD } from './harness/machine.ts';

const BENCHES = ['exchange-throughput', 'planning', 'startup', 'tpch', 'memory', 'transports', 'platform-sandbox', 'platform-throughput', 'platform-matmul', 'platform-registry', 'platform-pipeline'] as const;
const SETTLE_STEP_MS = 5_000;
const SETTLE_STEPS = 30;

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort(new Error(`ended by ${name}`)));

/** What the bench before has left in the load average is no reason for a warning. */
async function settle(): Promise<void> {
  for (let step = 0; step < SETTLE_STEPS && !controller.signal.aborted && load() > QUIET_LOAD; step++) await sleep(systemClock, SETTLE_STEP_MS, controller.signal).catch(() => {}); // it was ended, which is seen below
}

async function run(bench: string): Promise<number | null> {
  const args = ['--conditions=source', join(import.meta.dirname, `${bench}.ts`), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const onAbort = (): void => void child.kill('SIGTERM');
  controller.signal.addEventListener('abort', onAbort, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  controller.signal.removeEventListener('abort', onAbort);
  return code;
}

const failed: string[] = [];
for (const bench of BENCHES) {
  if (!process.argv.includes('--smoke')) await settle();
  if (controller.signal.aborted) break;
  process.stderr.write(`\n=== ${bench}\n`);
  if ((await run(bench)) !== 0) failed.push(bench);
}
if (failed.length > 0) process.stderr.write(`Failed: ${failed.join(', ')}\n`);
process.exitCode = controller.signal.aborted ? 130 : failed.length === 0 ? 0 : 1;
