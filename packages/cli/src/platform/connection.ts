/** The server that a command talks to. Flags count more than variables. */
import { PappusClient } from '@pappus/api';
import { serverAddress } from '../environment.ts';
import { PATIENT_FROM_MS } from './limits.ts';
import { patientFetch } from './patient-fetch.ts';

export interface ServerFlags {
  readonly server?: string;
  readonly token?: string;
}

export const connect = (flags: ServerFlags): PappusClient => new PappusClient(addressOf(flags));

/** For a call that may take long: without a limit of its own, or with a long one, nothing but the server ends it. */
export async function connectFor(timeoutMs: number | undefined, flags: ServerFlags): Promise<PappusClient> {
  if (timeoutMs !== undefined && timeoutMs < PATIENT_FROM_MS) return connect(flags);
  return new PappusClient({ ...addressOf(flags), fetch: await patientFetch() });
}

function addressOf({ server, token }: ServerFlags): { readonly url: string; readonly token: string | null } {
  const known = serverAddress();
  return { url: server ?? known.url, token: token ?? known.token };
}
