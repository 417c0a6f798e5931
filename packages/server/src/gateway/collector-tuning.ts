/**
 * What passes through the gateway are bytes outside of the JavaScript heap. V8 collects the whole heap for each few
 * megabytes of these, however many there are: for a gigabyte that is moved a hundred times, which took half of the time.
 * With this flag it does so when they have grown by a third. And what it frees is soon needed again, so it is kept.
 */
import { setFlagsFromString } from 'node:v8';
import { keepFreedMemory } from '@pappus/platform';

export function tuneCollector(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  keepFreedMemory();
}
