/**
 * The program of an engine process: guest code runs in its threads, so it holds nothing worth stealing. It is started
 * with an empty environment and without rights to write files, to start programs or, from Node 25 on, to open connections.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemClock } from '@pappus/core';
import { CONTROL_FD, FIRST_CHANNEL_FD, FIRST_SHARED_FD, type EngineArguments } from './engine-arguments.ts';
import { EngineHost } from './engine-host.ts';
import { keepFreedMemory } from './freed-memory.ts';

/** At once, whatever the threads do: they may be in guest code, or wait for their channels. */
function exit(why: string): never {
  try {
    writeSync(2, `${why}\n`);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
  throw new Error('unreachable: the process is dead');
}

keepFreedMemory();
new EngineHost({
  control: new Socket({ fd: CONTROL_FD }),
  clock: systemClock,
  threadFile: new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url),
  firstChannelFd: FIRST_CHANNEL_FD,
  firstSharedFd: FIRST_SHARED_FD,
  arguments: JSON.parse(process.argv[2] ?? '') as EngineArguments,
  residentBytes: () => process.memoryUsage.rss(),
  exit,
}).start();
