/** Bodies of invocations in every form, good ones with what they hold, and damaged ones. */
import { emptySet, END_OF_TAR, itemHead, itemPadding } from '@pappus/api';
import { encodeSetsWhole, itemNameProblem, type Item } from '@pappus/platform';
import { randomInt, seededRandom, type Random } from '@pappus/core';
import { damage, type Damage } from '@pappus/testkit';
import fc from 'fast-check';

export const FORMS = ['multipart', 'tar', 'frame'] as const;
export type Form = (typeof FORMS)[number];

export interface Body {
  readonly form: Form;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A body and the items of its set `in`. */
export interface GoodBody extends Body {
  readonly items: readonly Item[];
}

const BOUNDARY = 'b0undary';
const TYPES: Readonly<Record<Form, string>> = { multipart: `multipart/form-data; boundary=${BOUNDARY}`, tar: 'application/x-tar', frame: 'application/vnd.pappus.sets' };
const seed = fc.nat({ max: 0x7fff_ffff });

/** Without what a form has to be escaped for, which browsers do in their own ways. */
const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/["%\\/:]/.test(text) && text.trim() === text);
const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')).filter((text) => itemNameProblem(text) === null);
const longName = fc.constantFrom('x'.repeat(120), `${'y'.repeat(150)}/${'z'.repeat(140)}`, 'ä'.repeat(90));
const key = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff }));
const data = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.constantFrom('\r\n', `--${BOUNDARY}`, `\r\n--${BOUNDARY.slice(0, 4)}`, '-', 'x', '\0'), { maxLength: 12 }).map((pieces) => withoutDelimiter(pieces.join(''))),
  fc.tuple(fc.integer({ min: 500, max: 70_000 }), fc.nat({ max: 255 })).map(([length, byte]) => new Uint8Array(length).fill(byte)),
);
const items: fc.Arbitrary<readonly Item[]> = fc.array(fc.record({ name: fc.oneof({ arbitrary: name, weight: 9 }, { arbitrary: longName, weight: 1 }), key, data }), { maxLength: 5 });

/** The one text that an item of a form can't have. */
const withoutDelimiter = (text: string): Uint8Array => Buffer.from(`x${text.replaceAll(`\r\n--${BOUNDARY}`, '')}`.replaceAll(`\r\n--${BOUNDARY}`, ''));

export const goodBodies = (form: Form): fc.Arbitrary<GoodBody> =>
  fc.tuple(items, seed).map(([sent, from]) => ({ form, contentType: TYPES[form], bytes: encoded(form, sent, seededRandom(from)), items: sent }));

function encoded(form: Form, sent: readonly Item[], random: Random): Uint8Array {
  switch (form) {
    case 'frame':
      return encodeSetsWhole([{ name: 'in', items: sent }]);
    case 'tar':
      return Buffer.concat([...(sent.length === 0 ? [emptySet('in')] : sent.flatMap((item) => [itemHead('in', item.name, item.key, item.data.length), item.data, itemPadding(item.data.length)])), END_OF_TAR]);
    case 'multipart':
      return multipart(sent, random);
  }
}

function multipart(sent: readonly Item[], random: Random): Uint8Array {
  const maybe = (text: string): string => (randomInt(random, 0, 2) === 0 ? text : '');
  const parts = sent.flatMap((item) => [
    Buffer.from(`--${BOUNDARY}${maybe(' \t')}\r\n${maybe('X-Other: y\r\n')}Content-Disposition: form-data; name="in"; filename="${item.name}"\r\n`),
    Buffer.from(`${item.key === 0 ? maybe('Pappus-Key: 0\r\n') : `PAPPUS-KEY: ${item.key}\r\n`}${maybe(`Content-Length: ${item.data.length}\r\n`)}\r\n`),
    item.data,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([Buffer.from(maybe('before\r\n')), ...parts, Buffer.from(`--${BOUNDARY}--\r\n${maybe('behind')}`)]);
}

/** Good bodies with bytes changed, taken out, put in or doubled, or cut off; or another form's bytes, or noise. */
export const damagedBodies = (form: Form): fc.Arbitrary<Body> =>
  fc.tuple(fc.oneof({ arbitrary: goodBodies(form), weight: 8 }, { arbitrary: goodBodies('tar'), weight: 1 }, { arbitrary: noise(form), weight: 1 }), seed).map(([{ bytes }, from]) => {
    const random = seededRandom(from);
    let changed = Buffer.from(bytes) as Buffer;
    for (let changes = randomInt(random, 1, 5); changes > 0; changes--) changed = damage(changed, DAMAGE, random);
    return { form, contentType: TYPES[form], bytes: changed };
  });

const TOKENS = [`--${BOUNDARY}`, '--', '\r\n', '\r\n\r\n', '\n', ':', ';', '=', '"', 'Content-Disposition: form-data; name="in"', 'Content-Length: 99999999999999999999', 'Content-Length: 1', 'Pappus-Key: -1', "filename*=UTF-8''%ff", '../', '\0', 'ustar', '77777777777', '\x80\0\0\0', 'PSF1', '\xff\xff\xff\xff', '30 path=../../etc/passwd\n', 'x'.repeat(2_000)];

const DAMAGE: Damage = { maxPiece: 30, headBytes: 600, foreign: (random) => Buffer.from(TOKENS[randomInt(random, 0, TOKENS.length - 1)] ?? '', 'latin1') };

const noise = (form: Form): fc.Arbitrary<Body> =>
  fc.array(fc.constantFrom(...TOKENS), { maxLength: 20 }).map((tokens) => ({ form, contentType: TYPES[form], bytes: Buffer.from(tokens.join(''), 'latin1') }));
