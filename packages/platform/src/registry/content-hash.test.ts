/** The hash that names a version: fixed for all time, and different for whatever differs. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FunctionSpec } from '../functions/function-spec.ts';
import { canonicalJson, compositionHash, functionHash } from './content-hash.ts';
import { sampleCode, sampleSpec } from './testing/samples.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

it('is what the documentation says', () => {
  const spec =
    '{"capabilities":{"clock":false,"environment":{"A":"1","B":"2"},"random":false},"inputs":["in"],"kind":"wasm",' +
    '"limits":{"concurrency":8,"logBytes":1024,"memoryBytes":1048576,"outputBytes":1048576,"outputItems":100,"timeMs":1000},"memoize":false,"outputs":["out"]}';
  const given = sampleSpec({ capabilities: { environment: { B: '2', A: '1' }, random: false, clock: false } });
  expect(functionHash(given, sampleCode(1))).toBe(sha256(`pappus-function-v1\n${spec}\ncode 1`));
  expect(compositionHash('c', 'text')).toBe(sha256('pappus-composition-v1\nc\ntext'));
});

it('differs with code, with each part of the spec, and with a composition\'s name', () => {
  const spec = sampleSpec();
  const others: readonly FunctionSpec[] = [
    { ...spec, kind: 'javascript' },
    { ...spec, inputs: ['other'] },
    { ...spec, outputs: ['other'] },
    { ...spec, memoize: true },
    { ...spec, limits: { ...spec.limits, concurrency: 9 } },
    { ...spec, capabilities: { ...spec.capabilities, clock: true } },
    { ...spec, capabilities: { ...spec.capabilities, environment: { A: '1' } } },
  ];
  const hashes = [...others.map((other) => functionHash(other, sampleCode(1))), functionHash(spec, sampleCode(1)), functionHash(spec, sampleCode(2)), compositionHash('a', 'x'), compositionHash('b', 'x')];
  expect(new Set(hashes).size).toBe(hashes.length);
});

it('canonical JSON does not depend on the order of keys, and holds no line feed', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
    const reversed = Object.fromEntries(Object.entries(record).reverse());
    expect(canonicalJson(reversed)).toBe(canonicalJson(record));
    expect(canonicalJson(record)).not.toContain('\n');
    expect(JSON.parse(canonicalJson(record))).toEqual(JSON.parse(JSON.stringify(record)));
  }));
});
