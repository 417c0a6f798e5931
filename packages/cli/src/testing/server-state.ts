/** What is deployed on a server, as one would write it on a napkin, and changes of it: server and model must agree after any of them. */
import type { PappusClient } from '@pappus/api';
import { randomInt, type Random } from '@pappus/core';
import { leanProgramCode, wasmVariant } from '@pappus/testkit';

export type Change =
  | { readonly kind: 'function' | 'composition'; readonly name: string; readonly content: number }
  | { readonly kind: 'remove'; readonly name: string };

/** Hashes of the versions by name, the latest last. */
export type State = ReadonlyMap<string, readonly string[]>;

/** The function that compositions call. It is never changed. */
export const BASE = 'base';
const FUNCTIONS = 3;
const COMPOSITIONS = 2;
const CONTENTS = 3;

export function randomChange(random: Random, state: State): Change {
  const number = (below: number): number => randomInt(random, 0, below - 1);
  const names = [...state.keys()].filter((name) => name !== BASE);
  const kind = number(10);
  if (kind < 3 && names.length > 0) return { kind: 'remove', name: names[number(names.length)] as string };
  const content = number(CONTENTS);
  return kind < 7 ? { kind: 'function', name: `f${number(FUNCTIONS)}`, content } : { kind: 'composition', name: `c${number(COMPOSITIONS)}`, content };
}

/** Deploys a function or a composition, or removes it. The answer is the hash of a deployed version. */
async function make(client: PappusClient, change: Change): Promise<string> {
  switch (change.kind) {
    case 'function':
      return (await client.deployFunction(change.name, { inputs: ['in'], outputs: ['out'] }, wasmVariant(await leanProgramCode('copy'), change.content))).hash;
    case 'composition': {
      const source = `function ${BASE}(in) => (out);\n// ${change.content}\ncomposition ${change.name}(a) => (b) { ${BASE}(in = all a) => (b = out); }`;
      return (await client.deployComposition(change.name, source)).hash;
    }
    case 'remove':
      await client.remove(change.name);
      return '';
  }
}

/** Content addresses are the same on every server: those of all contents, so that what was not acknowledged can be recognised. */
export class KnownChanges {
  readonly #hashes = new Map<string, string>();

  /** Deploys everything once and leaves nothing but the base function. */
  async learn(client: PappusClient): Promise<State> {
    const base = await make(client, { kind: 'function', name: BASE, content: CONTENTS });
    const names: string[] = [];
    const kinds = [['function', 'f', FUNCTIONS], ['composition', 'c', COMPOSITIONS]] as const;
    for (const [kind, letter, count] of kinds) {
      for (let number = 0; number < count; number++) {
        names.push(`${letter}${number}`);
        for (let content = 0; content < CONTENTS; content++) await this.make(client, { kind, name: `${letter}${number}`, content });
      }
    }
    for (const name of names) await client.remove(name);
    return new Map([[BASE, [base]]]);
  }

  async make(client: PappusClient, change: Change): Promise<void> {
    const hash = await make(client, change);
    if (change.kind !== 'remove') this.#hashes.set(keyOf(change), hash);
  }

  after(state: State, change: Change): State {
    const changed = new Map(state);
    if (change.kind === 'remove') changed.delete(change.name);
    else {
      const hash = this.#hashes.get(keyOf(change)) ?? '';
      changed.set(change.name, [...(state.get(change.name) ?? []).filter((each) => each !== hash), hash]);
    }
    return changed;
  }
}

const keyOf = ({ kind, name, content }: Extract<Change, { content: number }>): string => `${kind} ${name} ${content}`;

export const textOf = (state: State): string => JSON.stringify([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** What the server has; every version of it is invoked, and answers with what it was given. */
export async function deployedState(client: PappusClient): Promise<State> {
  const found = new Map<string, readonly string[]>();
  for await (const { name } of client.list()) {
    const { versions } = await client.describe(name);
    found.set(name, versions.map(({ hash }) => hash).toReversed());
    for (const { hash } of versions) await expectEcho(client, `${name}@${hash}`, hash);
  }
  return found;
}

export async function expectEcho(client: PappusClient, reference: string, sent: string): Promise<void> {
  const got = new TextDecoder().decode(await client.invokeRaw(reference, sent));
  if (got !== sent) throw new Error(`${reference} was given ${sent} and answered ${got}`);
}
