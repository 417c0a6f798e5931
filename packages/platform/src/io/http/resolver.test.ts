import { describe, expect, test } from 'vitest';
import { SystemResolver, type ResolvedAddress } from './resolver.ts';

const { signal } = new AbortController();
const many = { lane: 'many', signal };
const few = { lane: 'few', signal };
const ADDRESS: ResolvedAddress = { address: '192.0.2.1', family: 4 };

/** Look-ups that end when the test says so, but those of `quick`. */
class HeldLookups {
  readonly held: { readonly hostname: string; readonly answer: (addresses: readonly ResolvedAddress[]) => void; readonly fail: (error: Error) => void }[] = [];
  asked = 0;

  readonly ask = (hostname: string): Promise<readonly ResolvedAddress[]> => {
    this.asked++;
    return hostname === 'quick' ? Promise.resolve([ADDRESS]) : new Promise((answer, fail) => this.held.push({ hostname, answer, fail }));
  };

  async end(): Promise<void> {
    for (const { answer } of this.held.splice(0)) answer([ADDRESS]);
    await new Promise((turn) => void setImmediate(turn));
  }
}

describe('the system resolver', () => {
  test('answers a lane though another one asks for many names that do not answer', async () => {
    const lookups = new HeldLookups();
    const resolver = new SystemResolver(lookups.ask, 8);
    const silent = Array.from({ length: 50 }, (_, index) => resolver.resolve(`n${index}`, many));
    expect(lookups.held).toHaveLength(6);
    expect(await resolver.resolve('quick', few)).toEqual([ADDRESS]);
    // one that is silent too: its lane still gets one of the next places
    const own = resolver.resolve('own', few);
    const another = resolver.resolve('another', few);
    await lookups.end();
    expect(await Promise.all([own, another])).toHaveLength(2);
    while (lookups.held.length > 0) await lookups.end();
    await Promise.all(silent);
    expect(lookups.asked).toBe(53);
  });

  test('asks once for a name that several want, and gives each as many addresses as are tried', async () => {
    const lookups = new HeldLookups();
    const resolver = new SystemResolver(lookups.ask, 2);
    const answers = [resolver.resolve('a', many), resolver.resolve('a', few), resolver.resolve('a', few)];
    expect(lookups.asked).toBe(1);
    lookups.held.pop()?.answer(Array.from({ length: 100 }, () => ADDRESS));
    for (const answer of answers) expect(await answer).toHaveLength(16);
    const again = [resolver.resolve('a', many), resolver.resolve('a', few)];
    lookups.held.pop()?.fail(new Error('no such name'));
    for (const answer of again) await expect(answer).rejects.toThrow('no such name');
    expect(lookups.asked).toBe(2);
  });

  test('looks nothing up for whom nobody waits any more, and loses no place by it', async () => {
    const lookups = new HeldLookups();
    const resolver = new SystemResolver(lookups.ask, 1);
    const first = resolver.resolve('first', many);
    const leaving = new AbortController();
    const left = resolver.resolve('left', { lane: 'few', signal: leaving.signal });
    const last = resolver.resolve('last', many);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await lookups.end();
    expect(lookups.held.map(({ hostname }) => hostname)).toEqual(['last']);
    await lookups.end();
    await Promise.all([first, last]);
  });
});
