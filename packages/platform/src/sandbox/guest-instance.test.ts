import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock, systemRandom } from '@pappus/core';
import { assembleWasm } from '@pappus/testkit';
import { expect, test } from 'vitest';
import { prepareModule } from '../module/module-preparation.ts';
import { webAssembly } from '../module/web-assembly.ts';
import { GuestCode } from './guest-instance.ts';
import { MemoryPool } from './memory-pool.ts';
import { testSpec } from './testing/assemble.ts';
import { wasiPrograms } from './testing/wasi-programs.ts';
import { WASI_IMPORTABLE } from './wasi/signatures.ts';
import { WasiInterface } from './wasi/wasi-interface.ts';
import { WasiRun } from './wasi/wasi-run.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('a memory is nobody\'s when its run has ended', async () => {
  const prepared = prepareModule(await assembleWasm(wasiPrograms(true).copy), WASI_IMPORTABLE, 4_194_304);
  if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
  const { bytes, report } = prepared.module;
  const wasi = new WasiInterface(new WasiRun(testSpec(), { clock: systemClock, random: systemRandom }));
  const code = new GuestCode({ module: await webAssembly.compile(bytes), imports: wasi.imports, memory: report.memory, tableEntries: report.tableEntries, pool: new MemoryPool(), written: null });
  const runOnce = (): WeakRef<object> => {
    const guest = code.instantiate(code.pool.take(report.memory));
    wasi.run(guest, [{ name: 'in', items: [] }], { stdio: null, timer: null, lends: false });
    wasi.forget();
    return new WeakRef(guest.memory);
  };
  const memory = runOnce();
  for (let turn = 0; turn < 20 && memory.deref() !== undefined; turn++) {
    await new Promise((resolve) => void setImmediate(resolve));
    collect();
  }
  expect(memory.deref()).toBeUndefined();
  expect(code.memory).toEqual(report.memory);
});
