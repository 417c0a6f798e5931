/** What the builder's types refuse: each `@ts-expect-error` is a test of the type checker. */
import { AssertionError } from '@pappus/core';
import { expect, test } from 'vitest';
import { composition, declare } from './builder.ts';
import { all, anyKeyed, by, each, keyed, optional } from './sets.ts';

const classify = declare('classify', { inputs: ['pics'], outputs: ['tagged', 'archives'] });
const compress = declare('compress', { inputs: ['pics', 'archives'], outputs: ['put_requests'] });

/** A body that only the type checker reads. */
const unrun = (_body: () => unknown): void => undefined;

test('an unknown input is refused', () => {
  unrun(() =>
    composition('c', { inputs: ['images'] }, ({ images }) => {
      // @ts-expect-error classify has no input `images`
      const { tagged } = classify({ images: all(images) });
      return { tagged };
    }),
  );
  unrun(() =>
    composition('c', { inputs: ['images'] }, ({ images }) => {
      // @ts-expect-error classify has no second input
      const { tagged } = classify({ pics: all(images), more: all(images) });
      return { tagged };
    }),
  );
});

test('a missing input is refused', () => {
  unrun(() =>
    composition('c', { inputs: ['images'] }, ({ images }) => {
      // @ts-expect-error compress needs archives
      const { put_requests } = compress({ pics: all(images) });
      return { put_requests };
    }),
  );
});

test('what is no set is refused', () => {
  unrun(() =>
    composition('c', { inputs: ['images'] }, ({ images }) => {
      // @ts-expect-error a set is handed over with a distribution
      classify({ pics: images });
      // @ts-expect-error a name is no set
      classify({ pics: all('images') });
      // @ts-expect-error what is handed over is no set
      classify({ pics: all(each(images)) });
      // @ts-expect-error all outputs together are no set
      classify({ pics: all(classify({ pics: all(images) })) });
      // @ts-expect-error optional takes what is handed over
      classify({ pics: optional(images) });
      return { images };
    }),
  );
});

test('an unknown output or input of the composition is refused', () => {
  unrun(() =>
    composition('c', { inputs: ['images'] }, ({ images }) => {
      // @ts-expect-error classify returns no `status`
      const { status } = classify({ pics: all(images) });
      return { status };
    }),
  );
  // @ts-expect-error the composition has no input `pictures`
  unrun(() => composition('c', { inputs: ['images'] }, ({ pictures }) => ({ pictures })));
  unrun(() =>
    // @ts-expect-error a body returns sets
    composition('c', { inputs: ['images'] }, () => ({ images: 'images' })),
  );
});

test('only inputs that are handed over by key join', () => {
  unrun(() =>
    composition('c', { inputs: ['a', 'b'] }, ({ a, b }) => {
      compress({ pics: keyed(a), archives: keyed(b) }, { by: by('pics').left('archives') });
      compress({ pics: anyKeyed(a), archives: optional(anyKeyed(b)) }, { by: by('archives').inner('pics') });
      // @ts-expect-error pics is handed over as a whole
      compress({ pics: all(a), archives: keyed(b) }, { by: by('pics').left('archives') });
      // @ts-expect-error there is no input `other`
      compress({ pics: keyed(a), archives: keyed(b) }, { by: by('pics').left('other') });
      // @ts-expect-error classify has no output `pics` to name
      classify({ pics: all(a) }, { as: { pics: 'x' } });
      return { a };
    }),
  );
});

test('compositions are applied like functions', () => {
  const inner = composition('inner', { inputs: ['images'] }, ({ images }) => ({ tags: classify({ pics: all(images) }).tagged }));
  const outer = composition('outer', { inputs: ['photos'] }, ({ photos }) => ({ out: inner({ images: all(photos) }).tags }));
  expect(outer.signature).toEqual({ inputs: ['photos'], outputs: ['out'] });
  unrun(() =>
    composition('c', { inputs: ['photos'] }, ({ photos }) => {
      // @ts-expect-error inner has the input `images`
      const { tags } = inner({ photos: all(photos) });
      return { tags };
    }),
  );
  expect(() => inner({ images: all(undefined as never) })).toThrow(AssertionError);
});
