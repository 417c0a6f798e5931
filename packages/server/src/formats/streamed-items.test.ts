import { emptySet, END_OF_TAR, itemHead, itemPadding } from '@pappus/api';
import { AppError } from '@pappus/core';
import { encodeSetsWhole, type Sets } from '@pappus/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncomingBytes } from './incoming-bytes.ts';
import type { SetsForm } from './media-type.ts';
import { inputSets } from './request-sets.ts';
import { multipartEncoder } from './sets-encoder.ts';
import { streamedItems } from './streamed-items.ts';
import { encodedWhole } from './whole-sets.ts';

type Form = Exclude<SetsForm, 'raw'>;
const TYPES: Readonly<Record<Form, string>> = { multipart: 'multipart/form-data; boundary=b', tar: 'application/x-tar', frame: 'application/vnd.pappus.sets' };
const SETS = ['a', 'b', 'c'];

type Found = readonly (readonly [set: string, items: readonly string[]])[] | { readonly code: string };
const shown = (name: string, key: number, data: Uint8Array): string => `${name}#${key}#${Buffer.from(data).toString('latin1')}`;
const bySet = (found: ReadonlyMap<string, readonly string[]>): Found => SETS.map((set) => [set, found.get(set) ?? []] as const);

function whole(form: Form, bytes: Uint8Array): Found {
  try {
    const { sets } = inputSets({ pieces: [bytes], contentType: TYPES[form], raw: { set: null, name: null, key: null } }, { inputs: SETS, outputs: [] }, 'f');
    return bySet(new Map(sets.map(({ name, items }) => [name, items.map((item) => shown(item.name, item.key, item.data))])));
  } catch (thrown) {
    return { code: (thrown as AppError).code };
  }
}

interface Streamed {
  readonly found: Found;
  /** Bytes reserved at the end, and at the most at once. */
  readonly kept: number;
  readonly peak: number;
}

/**
 * Pieces as long as the lengths say in turn; the reader gets time after some of them, and no piece while it asks for none.
 * Where there is `little` room, each second reservation has to wait.
 */
async function streamed(form: Form, bytes: Uint8Array, lengths: readonly number[], most = bytes.length, little = false): Promise<Streamed> {
  let kept = 0;
  let peak = 0;
  let asked = 0;
  let goOn: (() => void) | null = null;
  const reserve = (count: number): boolean => {
    const waits = little && ++asked % 2 === 1;
    if (waits) setImmediate(() => incoming.roomAgain());
    else peak = Math.max(peak, (kept += count));
    return !waits;
  };
  const release = (count: number): void => void (kept -= count);
  const incoming = new IncomingBytes({ most, reserve, release, goOn: () => goOn?.() });
  const feed = async (): Promise<void> => {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const length = lengths[turn % lengths.length] ?? 1;
      // A copy, so that nothing can rely on what stands behind the piece.
      const waits = new Promise<void>((resolve) => (goOn = resolve));
      if (!incoming.piece(Buffer.from(Uint8Array.from(bytes.subarray(at, at + length))))) await waits;
      at += length;
      if (length % 3 === 0) await new Promise((resolve) => void setImmediate(resolve));
    }
    incoming.end();
  };
  void feed();
  const sets = new Map<string, string[]>();
  try {
    for await (const { set, item } of streamedItems(form, TYPES[form], incoming)) {
      if (!SETS.includes(set)) return { found: { code: 'invalid-argument' }, kept, peak };
      const items = sets.get(set) ?? [];
      sets.set(set, items);
      if (item !== null) items.push(shown(item.name, item.key, item.data));
    }
    return { found: bySet(sets), kept, peak };
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    return { found: { code: thrown.code }, kept, peak };
  }
}

const name = fc.constantFrom('x', 'y/z', 'ä', 'n'.repeat(120));
const data = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('\r\n--b', '\r\n', '\r\n--', 'x\r\n--b--', '').map((text) => Uint8Array.from(Buffer.from(text))), fc.integer({ min: 1_000, max: 3_000 }).map((length) => new Uint8Array(length).fill(7)));
const sets: fc.Arbitrary<Sets> = fc.subarray(SETS).chain((names) => fc.tuple(...names.map((set) => fc.record({ name: fc.constant(set), items: fc.array(fc.record({ name, key: fc.nat(5), data }), { maxLength: 4 }) }))));
const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 700 })), { minLength: 1, maxLength: 8 });

const ENCODERS: Readonly<Record<Form, (sent: Sets) => Uint8Array>> = {
  multipart: (sent) => Buffer.concat([...encodedWhole(sent, multipartEncoder('b')).pieces]),
  tar: (sent) => Buffer.concat([...sent.flatMap((set) => (set.items.length === 0 ? [emptySet(set.name)] : set.items.flatMap((item) => [itemHead(set.name, item.name, item.key, item.data.length), item.data, itemPadding(item.data.length)]))), END_OF_TAR]),
  // Two frames, of which the second has more of the same sets.
  frame: (sent) => Buffer.concat([encodeSetsWhole(sent), encodeSetsWhole(sent)]),
};

it('gives a long item of a frame as it was sent, in pieces of any lengths', async () => {
  const long = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
  const frame = encodeSetsWhole([{ name: 'a', items: [{ name: 'x', key: 1, data: long }, { name: 'y', key: 2, data: Uint8Array.of(7) }, { name: 'z', key: 3, data: long.subarray(1) }] }]);
  for (const pieces of [[65_536], [70_001, 3], [900, 20_000], [frame.length]]) expect(await streamed('frame', frame, pieces)).toMatchObject({ found: whole('frame', frame) });
  const cut = frame.subarray(0, 200_000);
  expect((await streamed('frame', cut, [65_536])).found).toEqual({ code: 'corrupt-data' });
});

describe.each(['multipart', 'tar', 'frame'] as const)('a body of the form %s', (form) => {
  it('gives the same items in pieces of any lengths as in one, and reserves memory for them', async () => {
    await fc.assert(fc.asyncProperty(sets, lengths, fc.boolean(), async (sent, pieces, little) => {
      const bytes = ENCODERS[form](sent);
      const expected = whole(form, bytes);
      const { found, kept, peak } = await streamed(form, bytes, pieces, bytes.length, little);
      expect(found).toEqual(expected);
      const sentBytes = (form === 'frame' ? 2 : 1) * sent.reduce((sum, { items }) => sum + items.reduce((inner, item) => inner + item.data.length, 0), 0);
      // The heads of frames are kept.
      if (form === 'frame') expect(kept).toBeGreaterThanOrEqual(sentBytes);
      else expect(kept).toBe(sentBytes);
      expect(peak).toBeLessThan(bytes.length + 100);
    }), { numRuns: 60 });
  });

  it('is refused for the same where it is cut or damaged', async () => {
    await fc.assert(fc.asyncProperty(sets, lengths, fc.nat(), fc.option(fc.nat(255)), async (sent, pieces, at, byte) => {
      const good = Uint8Array.from(ENCODERS[form](sent));
      const bytes = byte === null ? good.subarray(0, at % good.length) : good.with(at % good.length, byte);
      // Behind the end of a tar file may stand anything, and its last padding may lack; where a body is announced longer, it breaks off.
      const expected = whole(form, bytes);
      const { found } = await streamed(form, bytes, pieces, good.length);
      expect(found).toEqual(expected);
    }), { numRuns: 120 });
  });
});

const part = (length: number, text: string): string => `--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\nContent-Length: ${length}\r\n\r\n${text}\r\n`;

it('lies about the length of each part, and takes twice its bytes at the most, in the end those of its parts', async () => {
  const parts = 100;
  for (const length of [1, 1_500, 2 ** 40]) {
    const bytes = Buffer.from(`${part(length, 'x'.repeat(1_000)).repeat(parts)}--b--`);
    const { kept, peak } = await streamed('multipart', bytes, [10_000]);
    expect(kept).toBe(parts * 1_000);
    expect(peak).toBeLessThan(2 * bytes.length);
  }
});

it('lies about the length of a part, and is read all the same', async () => {
  for (const length of [0, 1, 2, 3, 50, 2 ** 40]) {
    const bytes = Buffer.from(`${part(length, 'xyz')}${part(1, 'q')}--b--`);
    for (const pieces of [[1], [7], [1_000]]) expect((await streamed('multipart', bytes, pieces)).found).toEqual(whole('multipart', bytes));
  }
});

it('of many parts with tokens of the form in any order gives what it gives as a whole', async () => {
  const token = fc.constantFrom('--b', '\r\n', '--', 'Content-Disposition: form-data; name="a"', '; filename="f"', ': ', 'x', '\r\n\r\n', ' ', 'Content-Length: 3');
  await fc.assert(fc.asyncProperty(fc.array(token, { maxLength: 30 }), lengths, async (tokens, pieces) => {
    const bytes = Buffer.from(tokens.join(''));
    expect((await streamed('multipart', bytes, pieces)).found).toEqual(whole('multipart', bytes));
  }), { numRuns: 300 });
});
