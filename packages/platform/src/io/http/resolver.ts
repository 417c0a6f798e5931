/**
 * Names to addresses: as the machine does it (hosts file included), one question at a time for each name.
 *
 * The system's look-up holds a thread until it has an answer, and for a name whose server is silent that takes many
 * seconds. libuv lets half of its threads do that, in the order in which they were asked for; so no more are asked
 * for, and lanes take turns at them, of which each leaves some to the others.
 */
import { lookup } from 'node:dns/promises';
import { AppError } from '@pappus/core';
import { SharedPlaces } from '../../control/shared-places.ts';
import { LOOKUPS_AT_ONCE, MAX_ADDRESSES, MAX_WAITING_LOOKUPS } from '../limits.ts';
import { LaneTurns, type Asker } from './lane-turns.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface Resolver {
  /** At least one address, or rejects with the system's error (`ENOTFOUND`), or with the signal's reason. */
  resolve(hostname: string, asker: Asker): Promise<readonly ResolvedAddress[]>;
}

type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const systemLookup: Lookup = (hostname) => lookup(hostname, { all: true });

/** Answers are not kept: the system does that as long as it is right to. A connection that is kept needs no name. */
export class SystemResolver implements Resolver {
  readonly #lookup: Lookup;
  readonly #turns: LaneTurns;
  readonly #asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  #waiting = 0;

  constructor(ask: Lookup = systemLookup, atOnce: number = LOOKUPS_AT_ONCE) {
    this.#lookup = ask;
    this.#turns = new LaneTurns(new SharedPlaces(atOnce));
  }

  async resolve(hostname: string, asker: Asker): Promise<readonly ResolvedAddress[]> {
    const known = this.#asked.get(hostname);
    if (known !== undefined) return await known;
    if (!this.#turns.take(asker.lane)) await this.#wait(asker);
    // somebody may have asked meanwhile
    const since = this.#asked.get(hostname);
    if (since !== undefined || asker.signal.aborted) this.#turns.leave(asker.lane);
    asker.signal.throwIfAborted();
    return await (since ?? this.#ask(hostname, asker.lane));
  }

  async #wait(asker: Asker): Promise<void> {
    if (this.#waiting >= MAX_WAITING_LOOKUPS) throw new AppError('resource-exhausted', `${MAX_WAITING_LOOKUPS} names wait to be looked up already`, { retryable: true });
    this.#waiting++;
    try {
      await this.#turns.wait(asker);
    } finally {
      this.#waiting--;
    }
  }

  #ask(hostname: string, lane: string): Promise<readonly ResolvedAddress[]> {
    const answer = this.#addresses(hostname).finally(() => {
      this.#asked.delete(hostname);
      this.#turns.leave(lane);
    });
    this.#asked.set(hostname, answer);
    return answer;
  }

  async #addresses(hostname: string): Promise<readonly ResolvedAddress[]> {
    return (await this.#lookup(hostname)).slice(0, MAX_ADDRESSES);
  }
}
