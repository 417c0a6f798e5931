/** Kills `pappus serve` at random moments, again and again, while it is changed and invoked, and looks at what it left. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PappusClient } from '@pappus/api';
import { randomInt, seededRandom, sleep, systemClock, withDeadline, type Random } from '@pappus/core';
import { eventually, PappusChild, running } from './pappus-child.ts';
import { plainFetch } from './plain-fetch.ts';
import { BASE, deployedState, expectEcho, KnownChanges, randomChange, textOf, type Change, type State } from './server-state.ts';

const CALLERS = 2;
const MAX_CHANGES_BEFORE_KILL = 6;
const MAX_DELAY_MS = 20;
/** One in so many kills comes while the server starts. */
const EARLY_ONE_IN = 8;
const START_MS = 180_000;
const GONE_WITHIN_MS = 5_000;

export interface KilledServers {
  readonly kills: number;
  readonly changes: number;
  readonly invocations: number;
  /** How often the change in progress was there, and was not. */
  readonly unacknowledgedKept: number;
  readonly unacknowledgedLost: number;
  readonly startMs: { readonly median: number; readonly most: number };
}

interface Session {
  readonly changes: number;
  readonly invocations: number;
  readonly state: State;
  /** What was not acknowledged. */
  readonly pending: Change | null;
}

/** Throws where a server after a kill has something else than was acknowledged, or that and the change in progress. */
export async function killServers(folder: string, kills: number, seed: number): Promise<KilledServers> {
  const random = seededRandom(seed);
  const known = new KnownChanges();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ engines: { threads: 1, spareProcesses: 0 } }));
  let state: State = new Map();
  let pending: Change | null = null;
  const counts = { changes: 0, invocations: 0, unacknowledgedKept: 0, unacknowledgedLost: 0 };
  const startsMs: number[] = [];
  for (let kill = 0; kill <= kills; kill++) {
    const beganMs = performance.now();
    const server = await ServedProcess.start(folder);
    startsMs.push(performance.now() - beganMs);
    try {
      if (kill === 0) state = await known.learn(server.client);
      const kept: State | null = pending === null ? null : known.after(state, pending);
      const found = textOf(await deployedState(server.client));
      const isKept = kept !== null && found === textOf(kept);
      if (!isKept && found !== textOf(state)) throw new Error(`seed ${seed}, kill ${kill}: expected ${textOf(state)}${kept === null ? '' : ` or ${textOf(kept)}`}, found ${found}`);
      if (kept !== null && textOf(kept) !== textOf(state)) counts[isKept ? 'unacknowledgedKept' : 'unacknowledgedLost']++;
      if (isKept) state = kept;
      const session = await changeUntilKilled(server, known, state, random);
      ({ state, pending } = session);
      counts.changes += session.changes;
      counts.invocations += session.invocations;
    } finally {
      await server.kill();
    }
    if (randomInt(random, 1, EARLY_ONE_IN) === 1) await killWhileStarting(folder, randomInt(random, 0, 1_000));
  }
  startsMs.sort((a, b) => a - b);
  return { kills, ...counts, startMs: { median: Math.round(startsMs[startsMs.length >> 1] ?? 0), most: Math.round(startsMs.at(-1) ?? 0) } };
}

async function changeUntilKilled(server: ServedProcess, known: KnownChanges, before: State, random: Random): Promise<Session> {
  const wanted = randomInt(random, 1, MAX_CHANGES_BEFORE_KILL);
  const delayMs = randomInt(random, 0, MAX_DELAY_MS * 1_000) / 1_000;
  let [state, changes, invocations]: [State, number, number] = [before, 0, 0];
  let pending: Change | null = null;
  let killed = false;
  const untilKilled = async (step: () => Promise<void>): Promise<void> => {
    try {
      while (!killed) await step();
    } catch (thrown) {
      if (!killed) throw thrown;
    }
  };
  const killing = async (): Promise<void> => {
    const endAt = performance.now() + delayMs;
    while (performance.now() < endAt) await new Promise((resolve) => setImmediate(resolve)); // a timer is too coarse to reach each instant of a change
    killed = true;
    await server.kill();
  };
  const ends: Promise<void>[] = [];
  const changing = untilKilled(async () => {
    const change = randomChange(random, state);
    pending = change;
    const request = known.make(server.client, change);
    if (changes >= wanted - 1 && ends.length === 0) ends.push(killing());
    await request;
    state = known.after(state, change);
    pending = null;
    changes++;
  });
  const calling = Array.from({ length: CALLERS }, (_, caller) => untilKilled(async () => {
    await expectEcho(server.client, BASE, `${caller} ${invocations}`);
    invocations++;
  }));
  await Promise.all([changing, ...calling]);
  await Promise.all(ends);
  return { state, pending, changes, invocations };
}

async function killWhileStarting(folder: string, delayMs: number): Promise<void> {
  const child = await PappusChild.start(argumentsFor(folder), { folder });
  await sleep(systemClock, delayMs);
  await killed(child);
}

const argumentsFor = (folder: string): readonly string[] => ['serve', '--folder', join(folder, 'server'), '--port', '0', '--config', join(folder, 'config.json'), '--json'];

class ServedProcess {
  readonly client: PappusClient;
  readonly #child: PappusChild;

  private constructor(child: PappusChild, url: string) {
    this.#child = child;
    this.client = new PappusClient({ url, fetch: plainFetch });
  }

  static async start(folder: string): Promise<ServedProcess> {
    const child = await PappusChild.start(argumentsFor(folder), { folder });
    const url = new Promise<string>((resolve, reject) => {
      child.process.stdout?.once('data', (line: Buffer) => resolve((JSON.parse(line.toString()) as { readonly url: string }).url));
      void child.ended.then(({ err }) => reject(new Error(`the server ended: ${err}`)));
    });
    try {
      return new ServedProcess(child, await withDeadline({ clock: systemClock, timeoutMs: START_MS, waitingFor: 'the start of the server' }, () => url));
    } catch (thrown) {
      await killed(child);
      throw thrown;
    }
  }

  kill(): Promise<void> {
    return killed(this.#child);
  }
}

/** Ends it as the kernel does when memory is short; its engines end with it. */
async function killed(child: PappusChild): Promise<void> {
  const pids = child.tree();
  child.process.kill('SIGKILL');
  await child.ended;
  if ((await eventually(() => running(pids).length === 0, GONE_WITHIN_MS)) === null) throw new Error(`the processes ${running(pids).join(', ')} outlive their server`);
}
