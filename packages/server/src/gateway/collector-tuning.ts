/**
 * What passes through the gateway are bytes outside of the JavaScript heap, most of which are garbage soon: scavenges,
 * which cost little, give them back. But V8 also collects the whole heap for each few megabytes of them, however many
 * there are, and that took a third of the time. With these flags it does so only when heap and bytes together have grown
 * by twice the heap, which is small here. More garbage would be spread over more memory than the
 * allocator keeps, and each page of it would cost a fault. What is freed is soon needed again, so it is kept.
 */
import { setFlagsFromString } from 'node:v8';
import { keepFreedMemory } from '@pappus/platform';

const GROWTH_PERCENT = 200;

export function tuneCollector(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  keepFreedMemory();
}
