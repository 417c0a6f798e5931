/** `pappus serve`: the server in this process, until Ctrl-C. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { systemClock, systemRandom, type LogLevel } from '@pappus/core';
import { LOOKUP_POOL_THREADS } from '@pappus/platform';
import { parseServerConfig, readJsonFile, readTokenFile, startServer, type PappusServer, type ServerConfig } from '@pappus/server';
import { dataFolder, stderrLogger, widenThreadPool } from '../environment.ts';
import type { CommandContext } from '../program.ts';

export interface ServeFlags {
  readonly folder?: string;
  readonly port?: number;
  readonly host?: string;
  readonly threads?: number;
  readonly allowHttp?: readonly string[];
  readonly files?: string;
  readonly tokenFile?: string;
  readonly config?: string;
  readonly json?: boolean;
}

export async function serve(context: CommandContext, flags: ServeFlags): Promise<void> {
  widenThreadPool(LOOKUP_POOL_THREADS);
  const { out, signal } = context;
  const config = await serverConfig(flags);
  const server = await start(context, config, 'info');
  try {
    const folder = resolve(config.folder);
    out.write(flags.json === true ? `${JSON.stringify({ url: server.url, folder })}\n` : `${server.url} takes invocations; what is deployed is kept in ${folder}\n`);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.stop();
  }
}

export const start = (context: CommandContext, config: ServerConfig, level: LogLevel): Promise<PappusServer> =>
  startServer(config, { clock: systemClock, random: systemRandom, logger: stderrLogger(context, { level }), signal: context.signal });

/** The configuration file with the flags on top. */
export async function serverConfig(flags: ServeFlags): Promise<ServerConfig> {
  const file = flags.config === undefined ? {} : objectOf(await readJsonFile(flags.config));
  const io = objectOf(file['io']);
  const input = {
    folder: dataFolder(),
    ...file,
    ...given({ folder: flags.folder, port: flags.port, host: flags.host }),
    ...(flags.threads === undefined ? {} : { engines: { ...objectOf(file['engines']), threads: flags.threads } }),
    ...(flags.tokenFile === undefined ? {} : { tokens: await readTokenFile(flags.tokenFile) }),
    ...(flags.allowHttp === undefined && flags.files === undefined
      ? {}
      : { io: { ...io, ...(flags.allowHttp === undefined ? {} : { http: { ...objectOf(io['http']), allow: flags.allowHttp } }), ...(flags.files === undefined ? {} : { files: { ...objectOf(io['files']), folder: flags.files } }) } }),
  };
  return parseServerConfig(input, flags.config ?? 'the configuration');
}

const given = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Anything else than an object is left to the schema, where it stands alone. */
const objectOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {});
