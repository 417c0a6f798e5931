/** A server with real engines on a free port of loopback, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PappusClient } from '@pappus/api';
import { assert, systemClock, systemRandom } from '@pappus/core';
import { leanProgramCode, type LeanProgramName } from '@pappus/testkit';
import { parseServerConfig } from '../config/server-config.ts';
import { startServer } from '../server.ts';
import { DocumentedStatuses } from './documented-statuses.ts';

export interface ServerUnderTest {
  readonly url: string;
  readonly client: PappusClient;
  readonly folder: string;
  deploy(program: LeanProgramName, name?: string): Promise<string>;
  /** Throws where an answer had a status that the document of the API lacks. */
  stop(): Promise<void>;
}

export interface UnderTestOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly token?: string;
}

export async function startUnderTest({ config = {}, token }: UnderTestOptions = {}): Promise<ServerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-server-test-'));
  const parsed = parseServerConfig({ folder, port: 0, engines: { threads: 2, spares: 1, spareProcesses: 0 }, drainMs: 500, accessLog: { oneIn: 1 }, ...config });
  const logger = new DocumentedStatuses();
  const server = await startServer(parsed, { clock: systemClock, random: systemRandom, logger });
  const client = new PappusClient({ url: server.url, token: token ?? null });
  return {
    url: server.url,
    client,
    folder,
    async deploy(program, name = program) {
      const { hash } = await client.deployFunction(name, { inputs: ['in'], outputs: ['out'], limits: { timeMs: 1_000 } }, await leanProgramCode(program));
      return hash;
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
      assert(logger.undocumented.length === 0, `the document of the API lacks ${logger.undocumented.join(', ')}`);
    },
  };
}

export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
