/** What programs look for and functions can't have: found, and says on use why it is not there. */
import type { Define, GuestPart } from './guest-host.ts';

declare const define: Define;

export function installAbsent(): void {
  const noInput = 'functions make no I/O: fetch by the HTTP function in a composition, and take its responses as an input set';
  for (const name of ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource']) defineAbsent(name, noInput);
  const noTimers = 'functions have no timers, since the same inputs must give the same outputs';
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) defineAbsent(name, noTimers);
  const noThreads = 'a function is one thread: let the composition run it over many items with each or keyed';
  for (const name of ['Worker', 'MessageChannel', 'BroadcastChannel']) defineAbsent(name, noThreads);
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) define(name, () => undefined);
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  // The engine makes this one enumerable.
  define('performance', performance);
}

function defineAbsent(name: string, reason: string): void {
  const stub = {
    [name]: function (): never {
      throw new Error(`${name} is not there: ${reason}`);
    },
  };
  define(name, stub[name]);
}

export const absentParts: readonly GuestPart[] = [installAbsent, defineAbsent];
