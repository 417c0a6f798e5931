/**
 * The embedded store's process. It is told what to do over the IPC channel of `fork`, and ends when that channel
 * does: so the folder with its objects is removed even when the parent is killed.
 */
import { rm } from 'node:fs/promises';
import { errorMessage, seededRandom, systemClock } from '@pappus/core';
import type { S3Credentials } from '../s3-options.ts';
import type { FaultRule } from './fault-rules.ts';
import { S3Server, type S3ServerStats } from './s3-server.ts';
import type { StoreProfile } from './store-profile.ts';

export interface ServerSettings {
  readonly folder: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  readonly profile: StoreProfile;
  readonly capacityBytes: number;
  readonly seed: number;
}

export type ServerCommand =
  | { readonly kind: 'start'; readonly settings: ServerSettings }
  | { readonly kind: 'faults'; readonly rules: readonly FaultRule[] }
  | { readonly kind: 'stats' };

/** One answer for each command, in order. */
export type ServerReply =
  | { readonly kind: 'started'; readonly port: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'stats'; readonly stats: S3ServerStats }
  | { readonly kind: 'failed'; readonly message: string };

let server: S3Server | null = null;
let folder: string | null = null;

async function obey(command: ServerCommand): Promise<ServerReply> {
  switch (command.kind) {
    case 'start': {
      const { seed, ...settings } = command.settings;
      folder = settings.folder;
      server = new S3Server({ ...settings, clock: systemClock, random: seededRandom(seed) });
      return { kind: 'started', port: await server.start() };
    }
    case 'faults':
      server?.setFaults(command.rules);
      return { kind: 'done' };
    case 'stats':
      return server === null ? { kind: 'failed', message: 'not started' } : { kind: 'stats', stats: server.stats() };
  }
}

async function end(): Promise<void> {
  await server?.stop();
  if (folder !== null) await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

process.on('message', (command: ServerCommand) => {
  obey(command)
    .catch((thrown: unknown): ServerReply => ({ kind: 'failed', message: errorMessage(thrown) }))
    .then((reply) => process.send?.(reply))
    .catch(() => end());
});
process.on('disconnect', () => void end());
// Ctrl-C reaches the whole foreground group; the parent decides when the store ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void end());
