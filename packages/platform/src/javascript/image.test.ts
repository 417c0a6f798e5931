import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundleOf, decodeImage, encodeImage } from './image.ts';
import { PAGE_BYTES } from './limits.ts';
import { IMAGE_START } from './quickjs-instance.ts';
import { factory, input, javaScriptSpec, texts } from './testing/functions.ts';

const PAGES = 24;
const patch = fc.record({ at: fc.integer({ min: IMAGE_START, max: PAGES * PAGE_BYTES - 100 }), bytes: fc.uint8Array({ maxLength: 100 }) });

describe('prepared JavaScript functions', () => {
  test('decode gives what was encoded', () => {
    fc.assert(
      fc.property(fc.array(patch, { maxLength: 10 }), fc.string({ unit: 'binary' }), (patches, bundle) => {
        const image = decodeImage(encodeImage('0123456789abcdef', PAGES, patches, Buffer.from(bundle)));
        expect([image.baseId, image.pages, image.patches.map(({ at, bytes }) => [at, [...bytes]])]).toEqual(['0123456789abcdef', PAGES, patches.map(({ at, bytes }) => [at, [...bytes]])]);
        expect(Buffer.from(bundleOf(image))).toEqual(Buffer.from(bundle));
      }),
      { numRuns: 50 },
    );
  });

  test('broken bytes are named as such and never believed', () => {
    const whole = encodeImage('0123456789abcdef', PAGES, [{ at: IMAGE_START + 8, bytes: Uint8Array.of(1, 2, 3) }], Buffer.from('export default () => ({})'));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = whole.slice();
        broken[at] = (broken[at] as number) ^ flip;
        try {
          const image = decodeImage(broken);
          for (const { at: start, bytes } of image.patches) expect(start >= IMAGE_START && start + bytes.length <= image.pages * PAGE_BYTES).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
        }
      }),
    );
    expect(() => decodeImage(whole.subarray(0, 20))).toThrow(AppError);
  });

  test('one that was made on another base is made again from its bundle', async () => {
    const spec = javaScriptSpec();
    const prepared = await factory.prepare(Buffer.from('export default () => ({ output: { answer: 42 } })'), spec);
    if (prepared.kind === 'refused') throw new Error(prepared.problems.join());
    const image = decodeImage(prepared.module.bytes);
    const older = { ...prepared.module, bytes: encodeImage('an older version', image.pages, [{ at: IMAGE_START, bytes: new Uint8Array(100) }], bundleOf(image)) };
    const sandbox = await factory.open(older, spec);
    expect(texts(sandbox.run(input(), null))).toEqual({ answer: '42' });
  });
});
