/**
 * What may ask a server without tokens. It listens on loopback only, but a browser on this machine asks in the name of any
 * page that is open in it: by plain requests across origins, and by a name of the page's own that leads to 127.0.0.1 (DNS
 * rebinding). The headers Host and Origin, which a page can't choose, tell such requests apart.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { AppError } from '@pappus/core';

/** Whether only this machine reaches what listens there. A name other than localhost may mean anything. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Throws for a request that names another machine as the one it is for, or a page of another machine as the one it is from. */
export class LocalNames {
  /** A Host header that was fine: the next one mostly is the same. */
  #known: string | null = null;

  check({ host, origin }: IncomingHttpHeaders): void {
    if (host !== undefined && host !== this.#known) {
      if (!isLocal(`http://${host}`)) throw refused(`this server takes requests for this machine only, not for ${quoted(host)}`);
      this.#known = host;
    }
    if (origin !== undefined && !isLocal(origin)) throw refused(`this server takes no requests of the page ${quoted(origin)}`);
  }
}

function isLocal(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));
const refused = (message: string): AppError => new AppError('permission-denied', message, { hint: 'Ask for 127.0.0.1 or localhost, or give the server tokens.' });
