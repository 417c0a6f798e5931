/**
 * Makes connections for undici, only to addresses that were checked. The resolver's answer is filtered and handed to the
 * system as the answer of the look-up that belongs to this very connection, so there is no second question that could
 * be answered differently (DNS rebinding). Environment variables and proxies have no say.
 */
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { AppError, cancelled, defined } from '@pappus/core';
import { buildConnector } from 'undici';
import { isTrusted, refusedAddress, type Trust } from './destinations.ts';
import type { Asker } from './lane-turns.ts';
import type { Classifier } from './machine-addresses.ts';
import type { ResolvedAddress, Resolver } from './resolver.ts';

export interface ConnectorOptions {
  readonly resolver: Resolver;
  readonly classify: Classifier;
  readonly timeoutMs: number;
  /** PEM certificates that are trusted instead of Node's own; null for those. */
  readonly certificateAuthorities: readonly string[] | null;
  /** Whose request wants the connection that is begun now. */
  readonly lane: () => string;
  readonly onOpen: (socket: Socket) => void;
}

/** A destination that is not allowed, found when connecting. */
export class RefusedDestination extends AppError {}

export function guardedConnector(trust: Trust, options: ConnectorOptions): buildConnector.connector {
  const ca = options.certificateAuthorities;
  const { resolver, classify } = options;
  let asker: Asker | null = null;
  const connect = buildConnector({
    allowH2: false,
    timeout: options.timeoutMs,
    autoSelectFamily: true,
    lookup: checkedLookup(trust, classify, (hostname) => resolver.resolve(hostname, defined(asker, 'who connects'))),
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca: [...ca] }),
  });
  return (target, callback) => {
    const { hostname } = target;
    // no look-up is made for an address
    if (isIP(hostname) !== 0 && !isTrusted(trust, classify(hostname))) return callback(refusal(hostname, classify(hostname)), null);
    const ended = new AbortController();
    // the look-up is asked for before `connect` returns
    asker = { lane: options.lane(), signal: ended.signal };
    connect(target, (...result) => {
      ended.abort(cancelled('the connection'));
      if (result[0] === null) options.onOpen(result[1]);
      callback(...result);
    });
    asker = null;
  };
}

function checkedLookup(trust: Trust, classify: Classifier, resolve: (hostname: string) => ReturnType<Resolver['resolve']>): LookupFunction {
  return (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const trusted = addresses.filter(({ address }) => isTrusted(trust, classify(address)));
        const [first] = trusted;
        if (first === undefined) return callback(noAddress(hostname, addresses, classify), '');
        if (all === true) return callback(null, [...trusted]);
        callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}

function noAddress(hostname: string, addresses: readonly ResolvedAddress[], classify: Classifier): Error {
  const [first] = addresses;
  return first === undefined ? new AppError('unavailable', `${hostname} has no address`) : refusal(hostname, classify(first.address));
}

function refusal(hostname: string, is: ReturnType<Classifier>): RefusedDestination {
  const { message, hint } = refusedAddress(hostname, is);
  return new RefusedDestination('permission-denied', message, { hint });
}
