/** Names to addresses: as the machine does it (hosts file included), one question at a time for each name. */
import { lookup } from 'node:dns/promises';
import { MAX_ADDRESSES } from '../limits.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface Resolver {
  /** At least one address, or rejects with the system's error (`ENOTFOUND`). */
  resolve(hostname: string): Promise<readonly ResolvedAddress[]>;
}

/** Answers are not kept: the system does that as long as it is right to. A connection that is kept needs no name. */
export function systemResolver(): Resolver {
  const asked = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return {
    resolve(hostname) {
      const known = asked.get(hostname);
      if (known !== undefined) return known;
      const answer = lookup(hostname, { all: true }).finally(() => asked.delete(hostname));
      asked.set(hostname, answer);
      return answer.then((addresses) => addresses.slice(0, MAX_ADDRESSES));
    },
  };
}
