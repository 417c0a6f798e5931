/** What programs look for and functions can't have: found, and says on use why it is not there. */
import type { Define, GuestHost } from './guest-host.ts';

export function installAbsent(_host: GuestHost, define: Define): void {
  const noInput = 'functions make no I/O: fetch by the HTTP function in a composition, and take its responses as an input set';
  const absent = (names: readonly string[], reason: string): void => {
    for (const name of names) {
      const stub = { [name]: function (): never {
        throw new Error(`${name} is not there: ${reason}`);
      } };
      define(name, stub[name]);
    }
  };
  absent(['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'], noInput);
  absent(['setTimeout', 'setInterval', 'setImmediate'], 'functions have no timers, since the same inputs must give the same outputs');
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) define(name, () => undefined);
  absent(['Worker', 'MessageChannel', 'BroadcastChannel'], 'a function is one thread: let the composition run it over many items with each or keyed');
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
  // The engine makes this one enumerable.
  define('performance', performance);
}
