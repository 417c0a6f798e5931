import { AppError, silentLogger, systemClock, systemRandom } from '@pappus/core';
import { Dispatcher, ioTable, type ComputeEngine, type FunctionVersion, type Registry } from '@pappus/platform';
import { expect, it } from 'vitest';
import { DispatchInvoker } from './dispatch-invoker.ts';

/** An engine whose functions are gone when it wants them. */
const engine = { run: () => Promise.reject(new AppError('not-found', 'the function is not registered any more')), stats: () => ({ threads: 1 }) } as unknown as ComputeEngine;
const limits = { memoryBytes: 65_536, timeMs: 1_000, outputBytes: 1_000, outputItems: 10, logBytes: 10, concurrency: 1 };
const version = { kind: 'function', name: 'f', hash: 'abc', spec: { kind: 'wasm', inputs: ['in'], outputs: ['out'], limits, capabilities: { clock: false, random: false, environment: {} }, memoize: false } } as unknown as FunctionVersion;

it('says of a function that was removed while it was wanted that there is none', async () => {
  const dispatcher = new Dispatcher({ engine, cache: null, clock: systemClock, random: systemRandom, logger: silentLogger });
  const invoker = new DispatchInvoker({ dispatcher, registry: {} as Registry, io: ioTable([]) });
  const order = { invocation: 'i', version, inputs: [{ name: 'in', items: [{ name: 'a', key: 0, data: new Uint8Array(1) }] }], stdio: null, signal: new AbortController().signal, traced: false, source: null, sink: null };
  expect(await invoker.invoke(order)).toMatchObject({ kind: 'given-up', reason: { code: 'not-found', message: 'f was removed while it was wanted' } });
});
