/** Kills a server's process in the midst of changes, again and again, and looks at what it left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { randomInt, seededRandom, silentLogger, systemClock } from '@pappus/core';
import { Registry } from '../registry.ts';
import { changeAt, readEverything, RegistryModel, stateOf } from './registry-model.ts';
import { BUILTINS } from './samples.ts';

const CHILD = fileURLToPath(new URL('./deploying-process.ts', import.meta.url));
const MAX_CHANGES_BEFORE_KILL = 30;
const MAX_DELAY_MICROS = 4_000;

export interface KilledDeployments {
  readonly kills: number;
  readonly changes: number;
  /** How often the change in progress was there, and was not. */
  readonly unacknowledgedKept: number;
  readonly unacknowledgedLost: number;
}

/** Throws when the registry after a kill is neither what was acknowledged nor that and the change in progress. */
export async function killDeployments(folder: string, kills: number, seed: number): Promise<KilledDeployments> {
  const random = seededRandom(seed);
  let done = 0;
  let kept = 0;
  let lost = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const progress = await runUntilKilled([folder, String(seed), String(done)], randomInt(random, 1, MAX_CHANGES_BEFORE_KILL), randomInt(random, 0, MAX_DELAY_MICROS));
    const seen = await stateAfterKill(folder);
    const acknowledged = stateAfter(seed, progress.done);
    const inProgress = stateAfter(seed, progress.begun);
    const found = JSON.stringify(seen);
    if (found !== acknowledged && found !== inProgress) throw new Error(`seed ${seed}, kill ${kill}: after ${progress.done} changes expected ${acknowledged} or ${inProgress}, found ${found}`);
    if (acknowledged !== inProgress && found === inProgress) kept += 1;
    if (acknowledged !== inProgress && found === acknowledged) lost += 1;
    done = found === inProgress ? progress.begun : progress.done;
  }
  return { kills, changes: done, unacknowledgedKept: kept, unacknowledgedLost: lost };
}

function stateAfter(seed: number, changes: number): string {
  const model = new RegistryModel();
  for (let index = 0; index < changes; index += 1) model.apply(changeAt(seed, index));
  return JSON.stringify(model.state());
}

async function stateAfterKill(folder: string): Promise<unknown> {
  const registry = await Registry.open({ folder, clock: systemClock, logger: silentLogger, builtins: BUILTINS });
  try {
    await readEverything(registry);
    return stateOf(registry);
  } finally {
    await registry.close();
  }
}

/** Numbers of changes that were acknowledged, and that were begun. */
async function runUntilKilled(args: readonly string[], changes: number, delayMicros: number): Promise<{ readonly done: number; readonly begun: number }> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('done').length - 1 < changes) return;
    const endAt = performance.now() + delayMicros / 1_000;
    while (performance.now() < endAt); // a timer is too coarse to reach each instant of a change
    child.kill('SIGKILL');
  });
  await closed;
  const numbers = (word: string): readonly number[] => [...output.matchAll(new RegExp(`^${word} (\\d+)\\n`, 'gm'))].map((match) => Number(match[1]) + 1);
  const begun = numbers('at').at(-1);
  if (begun === undefined) throw new Error(`the deploying process ended before its first change: ${output}`);
  return { done: numbers('done').at(-1) ?? begun - 1, begun };
}
