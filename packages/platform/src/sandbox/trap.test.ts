import { expect, test } from 'vitest';
import { assembleWasm } from '@pappus/testkit';
import { webAssembly } from '../module/web-assembly.ts';

/** Host functions may be left half done where the stack ends: no run goes on after that. */
test('a guest can catch what a host function throws, but no overflow of the stack in it', async () => {
  const bytes = await assembleWasm(`(module (import "host" "call" (func $call))
    (func (export "run") (result i32) (try (result i32) (do (call $call) (i32.const 1)) (catch_all (i32.const 2)))))`);
  const run = (call: () => void): unknown => (new webAssembly.Instance(new webAssembly.Module(bytes), { host: { call } }).exports['run'] as () => number)();
  const overflow = (): number => overflow() + 1;
  expect(run(() => {})).toBe(1);
  expect(run(() => { throw new RangeError('not of the stack'); })).toBe(2);
  expect(() => run(overflow)).toThrow(/call stack/);
});
