/** Builds the session that a command on tables runs in, with everything below it. */
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseS3Url, s3ConnectionFromEnv, Session, type ExchangeKind, type S3Connection, type StoreProfileName } from '@pappus/analytics';
import { systemClock, systemRandom } from '@pappus/core';
import { createProcessProvider } from '@pappus/providers';
import { cacheFolder, objectStoreVariables, stderrLogger } from './environment.ts';
import type { CommandContext } from './program.ts';

export interface ObjectStoreFlags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** `s3://bucket/prefix` for exchange objects. */
  readonly store?: string;
}

export interface SessionFlags extends ObjectStoreFlags {
  readonly tables: string;
  readonly workers: number;
  readonly workerMemory: number;
  readonly exchange: ExchangeKind;
  readonly storeProfile: StoreProfileName;
  readonly rowsPerWorker?: number;
}

/** Opens a session, hands it over, and ends everything that it started, whatever happens. `unfinished` goes with it, even after kill -9. */
export async function withSession<T>(context: CommandContext, flags: SessionFlags, use: (session: Session) => Promise<T>, unfinished: string | null = null): Promise<T> {
  context.signal.throwIfAborted(); // Ctrl-C while the modules were loaded
  const logger = stderrLogger(context, { ended: context.signal });
  const connection = objectStore(flags);
  const nodeArgs = import.meta.url.endsWith('.ts') ? ['--conditions=source'] : [];
  const provider = createProcessProvider({ clock: systemClock, random: systemRandom, logger, workRoot: tmpdir(), nodeArgs, signal: context.signal });
  try {
    if (unfinished !== null) await provider.removeAtEnd(resolve(unfinished));
    const session = await Session.open({
      tables: flags.tables,
      workers: flags.workers,
      workerMemoryBytes: flags.workerMemory,
      exchange: flags.exchange,
      ...(flags.rowsPerWorker === undefined ? {} : { distribution: { fragmentMinRows: flags.rowsPerWorker } }),
      store: flags.store === undefined ? flags.storeProfile : { connection, ...exchangeLocation(flags.store) },
      tablesConnection: connection,
      cacheFolder: await cacheFolder('footers'),
      provider,
      clock: systemClock,
      random: systemRandom,
      logger,
      tempRoot: await provider.scratchFolder(),
      signal: context.signal,
    });
    try {
      return await use(session);
    } finally {
      await session.stop();
    }
  } finally {
    await provider.stop();
  }
}

/** Flags count more than variables. */
function objectStore({ endpoint, region, accessKeyId, secretAccessKey }: ObjectStoreFlags): S3Connection {
  const given = { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const overrides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return s3ConnectionFromEnv({ ...objectStoreVariables(), ...overrides });
}

function exchangeLocation(url: string): { readonly bucket: string; readonly prefix: string } {
  const { bucket, prefix } = parseS3Url(url);
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}
