/**
 * Makes changes to a registry until it is killed: FOLDER SEED FIRST. It says `at N` before change N and `done N` when
 * the registry has acknowledged it.
 */
import { writeSync } from 'node:fs';
import { silentLogger, systemClock } from '@pappus/core';
import { Registry } from '../registry.ts';
import { applyToRegistry, changeAt, RegistryModel } from './registry-model.ts';
import { BUILTINS } from './samples.ts';

const [folder = '', seed = '', first = ''] = process.argv.slice(2);
const registry = await Registry.open({ folder, clock: systemClock, logger: silentLogger, builtins: BUILTINS });
const model = new RegistryModel();
for (let index = 0; index < Number(first); index += 1) model.apply(changeAt(Number(seed), index));
for (let index = Number(first); ; index += 1) {
  const change = changeAt(Number(seed), index);
  writeSync(1, `at ${index}\n`);
  await applyToRegistry(registry, model, change);
  model.apply(change);
  writeSync(1, `done ${index}\n`);
}
