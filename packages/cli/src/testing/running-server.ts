/** A server on a free port of loopback with a folder of its own, and command lines that talk to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock, systemRandom } from '@pappus/core';
import { parseServerConfig, startServer } from '@pappus/server';
import { pappus, type CliRun } from './captured-cli.ts';

export interface RunningServer {
  readonly url: string;
  /** For files of the test; removed at the end. */
  readonly folder: string;
  pappus(command: string, ...args: readonly string[]): Promise<CliRun>;
  stop(): Promise<void>;
}

export async function startRunningServer(): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-cli-'));
  const config = parseServerConfig({ folder: join(folder, 'server'), port: 0, engines: { threads: 1, spareProcesses: 0 }, traces: { oneIn: 1 }, drainMs: 500 });
  const server = await startServer(config, { clock: systemClock, random: systemRandom, logger: silentLogger });
  return {
    url: server.url,
    folder,
    pappus: (command, ...args) => pappus(command, '--server', server.url, ...args),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
