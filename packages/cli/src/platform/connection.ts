/** The server that a command talks to. Flags count more than variables. */
import { PappusClient } from '@pappus/api';
import { serverAddress } from '../environment.ts';
import { PATIENT_FROM_MS } from './limits.ts';

export interface ServerFlags {
  readonly server?: string;
  readonly token?: string;
}

export const connect = (flags: ServerFlags): PappusClient => new PappusClient(addressOf(flags));

/**
 * For a call that may take so long. Node's own fetch gives an answer up that has not begun after five minutes; undici's
 * can be told to wait, but loading it would double the start-up time of every invocation.
 */
export async function connectFor(timeoutMs: number, flags: ServerFlags): Promise<PappusClient> {
  if (timeoutMs < PATIENT_FROM_MS) return connect(flags);
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const patient = (url: string, init: object): unknown => undici.fetch(url, { ...init, dispatcher });
  return new PappusClient({ ...addressOf(flags), fetch: patient as unknown as typeof fetch });
}

function addressOf({ server, token }: ServerFlags): { readonly url: string; readonly token: string | null } {
  const known = serverAddress();
  return { url: server ?? known.url, token: token ?? known.token };
}
