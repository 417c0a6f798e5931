/** The server that a command talks to. Flags count more than variables. */
import { PappusClient } from '@pappus/api';
import { serverAddress } from '../environment.ts';

export interface ServerFlags {
  readonly server?: string;
  readonly token?: string;
}

export function connect({ server, token }: ServerFlags): PappusClient {
  const known = serverAddress();
  return new PappusClient({ url: server ?? known.url, token: token ?? known.token });
}
