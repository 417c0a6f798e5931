/**
 * The program of a worker process. It opens the engine first and loads everything else while DuckDB loads on its
 * thread: a worker is ready a third sooner.
 */
import { join } from 'node:path';
import { systemClock } from '@pappus/core';
import { EngineThread } from '../engine/engine-thread.ts';
import { memoryShares, readWorkerEnvironment } from './worker-config.ts';

async function main(): Promise<void> {
  const startedAt = systemClock.nowMs();
  const { ticket, config } = readWorkerEnvironment(process.env);
  const { engineBytes } = memoryShares(config.memoryBytes);
  const engine = new EngineThread({ memoryLimitBytes: engineBytes, tempDirectory: join(process.cwd(), 'engine') }, systemClock);
  const opening = engine.start().then(() => systemClock.nowMs() - startedAt);
  opening.catch(() => {}); // awaited by the service, after it has joined
  const { serveGroup } = await import('./worker-service.ts');
  const endedWell = await serveGroup(ticket, config, engine, opening);
  await engine.stop();
  process.exit(endedWell ? 0 : 1);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`the worker failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.exit(1);
});
