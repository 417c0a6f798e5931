/**
 * Addresses as this machine sees them. A public address of one of its own interfaces leads to services that trust the
 * machine, as a loopback address does, so it is `own` and not for everyone.
 */
import { networkInterfaces } from 'node:os';
import type { Clock } from '@pappus/core';
import { OWN_ADDRESSES_KEPT_MS } from '../limits.ts';
import { addressKey, classifyAddress, type AddressClass } from './address-class.ts';

/** What kind of place an address is from here. */
export type Classifier = (address: string) => AddressClass | 'own';

const interfaceAddresses = (): readonly string[] => Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));

/** Interfaces come and go: they are looked at again after a while. */
export function machineClassifier(clock: Clock, addresses: () => readonly string[] = interfaceAddresses): Classifier {
  let own: ReadonlySet<string> = new Set();
  let readAtMs = Number.NEGATIVE_INFINITY;
  return (address) => {
    const is = classifyAddress(address);
    if (is !== 'public') return is;
    const nowMs = clock.nowMs();
    if (nowMs - readAtMs >= OWN_ADDRESSES_KEPT_MS) {
      own = new Set(addresses().map(addressKey));
      readAtMs = nowMs;
    }
    return own.has(addressKey(address)) ? 'own' : is;
  };
}
