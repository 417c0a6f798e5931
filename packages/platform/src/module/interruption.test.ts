import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { assembleWasm } from '@pappus/testkit';
import { WASI_IMPORTABLE } from '../sandbox/wasi/signatures.ts';
import { MAX_UNINTERRUPTED_BULK_SITES, PAGE_BYTES } from './limits.ts';
import { prepareModule } from './module-preparation.ts';
import { markWrites } from './write-marks.ts';

const PAGES = 1_024;
const RUN = `
const { parentPort, workerData: { bytes, pages } } = require('node:worker_threads');
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
const marks = new WebAssembly.Memory({ initial: 16, maximum: 16 });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { pappus: { memory, marks } });
parentPort.postMessage('runs');
for (const call of Object.values(exports)) if (typeof call === 'function') call(1, 0);`;

async function rewritten(instructions: string): Promise<Uint8Array> {
  const code = await assembleWasm(`(module (memory ${PAGES}) (table $t 65536 funcref) (func (export "_start") (local $all i32) (local.set $all (i32.const ${PAGES * PAGE_BYTES})) ${instructions}))`);
  const prepared = prepareModule(code, WASI_IMPORTABLE, PAGES * PAGE_BYTES);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join());
  return prepared.module.bytes;
}

const FILL = '(memory.fill (i32.const 0) (i32.const 0) (local.get $all))\n';

test.each([
  ['memory', FILL],
  ['tables', '(table.fill $t (i32.const 0) (ref.null func) (i32.const 65536))\n'],
])('a function of thousands of instructions on whole %s can be ended', async (_, instruction) => {
  const bytes = await rewritten(instruction.repeat(3_000));
  for (const each of [bytes, markWrites(bytes)]) {
    const worker = new Worker(RUN, { eval: true, workerData: { bytes: each, pages: PAGES } });
    await once(worker, 'message');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const endedMs = performance.now();
    await worker.terminate();
    // To its end it would need half a minute.
    expect(performance.now() - endedMs).toBeLessThan(3_000);
  }
}, 120_000);

test('functions with a few of them stay as they are', async () => {
  const lengthOf = async (fills: number): Promise<number> => (await rewritten(FILL.repeat(fills))).length;
  const [fewer, few, many] = [await lengthOf(MAX_UNINTERRUPTED_BULK_SITES - 1), await lengthOf(MAX_UNINTERRUPTED_BULK_SITES), await lengthOf(MAX_UNINTERRUPTED_BULK_SITES + 1)];
  const each = few - fewer;
  expect(each).toBeLessThan(12);
  expect(many - few).toBeGreaterThan(each + 4 * MAX_UNINTERRUPTED_BULK_SITES);
});
