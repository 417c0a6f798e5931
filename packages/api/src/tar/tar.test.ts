import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTar } from './tar-decoding.ts';
import { encodePax } from './pax-record.ts';
import { emptySet, END_OF_TAR, itemHead, itemPadding, tarFailure } from './tar-entry.ts';
import { readTar, type TarItem } from './tar-reader.ts';

interface Sample {
  readonly set: string;
  readonly name: string;
  readonly key: number;
  readonly data: Uint8Array;
}

const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..' && name.isWellFormed());
const sample: fc.Arbitrary<Sample> = fc.record({
  set: part,
  name: fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
  key: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff })),
  data: fc.uint8Array({ maxLength: 1_500 }),
});

function encode(items: readonly Sample[], more: readonly Uint8Array[] = [END_OF_TAR]): Uint8Array {
  return Buffer.concat([...items.flatMap(({ set, name, key, data }) => [itemHead(set, name, key, data.length), data, itemPadding(data.length)]), ...more]);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(bytes: Uint8Array, size: number): Promise<readonly TarItem[]> {
  const found: TarItem[] = [];
  for await (const item of readTar(pieces(bytes, size))) found.push(item);
  return found;
}

const flat = (sets: ReturnType<typeof decodeTar>['sets']): readonly Sample[] => [...sets].flatMap(([set, items]) => items.map((item) => ({ set, ...item })));
const bySet = (items: readonly Sample[]): readonly Sample[] => [...Map.groupBy(items, ({ set }) => set).values()].flat().map((item) => ({ ...item, data: Uint8Array.from(item.data) }));

describe('items as tar', () => {
  it('decodes what it encodes, as a whole and in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 8 }), fc.integer({ min: 1, max: 2_000 }), async (items, size) => {
        const bytes = encode(items);
        expect(flat(decodeTar(bytes, 100).sets).map((item) => ({ ...item, data: Uint8Array.from(item.data) }))).toEqual(bySet(items));
        const read = await readAll(bytes, size);
        expect(read.map((item) => (item.kind === 'item' ? { set: item.set, name: item.name, key: item.key, data: [...item.data] } : item))).toEqual(items.map(({ data, ...rest }) => ({ ...rest, data: [...data] })));
      }),
      { numRuns: 100 },
    );
  });

  it('keeps a replacement character that is meant', () => {
    const [item] = decodeTar(encode([{ set: 'in', name: '\ufffd', key: 0, data: new Uint8Array(0) }]), 10).sets.get('in') ?? [];
    expect(item?.name).toBe('\ufffd');
  });

  it('is refused where it is cut anywhere before its end, or a byte of a header is another one', async () => {
    const bytes = encode([{ set: 'in', name: 'x'.repeat(150), key: 5, data: Buffer.from('hello') }]);
    for (let length = 0; length < bytes.length - 1_024; length += 37) {
      expect(() => decodeTar(bytes.subarray(0, length), 10), String(length)).toThrow(/tar|pax/);
      await expect(readAll(bytes.subarray(0, length), 100)).rejects.toThrow(/tar|pax/);
    }
    const damaged = Uint8Array.from(bytes);
    damaged[1_024 + 3] = 1;
    expect(() => decodeTar(damaged, 10)).toThrow(/checksum/);
  });

  it('never throws anything but its own errors, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.array(sample, { maxLength: 2 }), fc.nat(), fc.nat(255), (noise, items, at, value) => {
        const good = Uint8Array.from(encode(items));
        good[at % good.length] = value;
        for (const bytes of [noise, good]) {
          try {
            decodeTar(bytes, 100);
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'AppError' });
          }
        }
      }),
    );
  });

  it('keeps sets that are empty, and the problem of a sender that could not finish', async () => {
    const bytes = encode([], [emptySet('none'), tarFailure('{"detail":"no"}')]);
    expect(await readAll(bytes, 64)).toEqual([{ kind: 'empty-set', set: 'none' }, { kind: 'problem', json: '{"detail":"no"}' }]);
    expect([...decodeTar(encode([], [emptySet('none'), END_OF_TAR]), 5).sets]).toEqual([['none', []]]);
  });

  it('bounds the number of entries and refuses links and entries outside of a set', () => {
    const one = { set: 'in', name: 'a', key: 0, data: new Uint8Array(0) };
    expect(() => decodeTar(encode([one, one, one]), 2)).toThrow(/more than 2 entries/);
    expect(() => decodeTar(encode([{ ...one, set: 'file', name: '' }]), 2)).toThrow(/in no set/);
  });

  it('bounds the headers that extend one entry, and those that extend none', async () => {
    const extension = encodePax(new Map([['comment', 'x']]), 'x');
    const entry = itemHead('in', 'a', 0, 0);
    const extended = (count: number): Uint8Array => Buffer.concat([...Array.from({ length: count }, () => extension), entry, ...Array.from({ length: count }, () => extension), entry, END_OF_TAR]);
    expect(decodeTar(extended(8), 2).sets.get('in')).toHaveLength(2);
    expect(await readAll(extended(8), 600)).toHaveLength(2);
    const tooMany = Buffer.concat(Array.from({ length: 1_000 }, () => extension));
    for (const bytes of [extended(9), tooMany]) {
      expect(() => decodeTar(bytes, 2)).toThrow(/more than 8 headers/);
      await expect(readAll(bytes, 600)).rejects.toThrow(/more than 8 headers/);
    }
  });
});

const hasTar = ((): boolean => {
  try {
    return execFileSync('tar', ['--version']).includes('GNU');
  } catch {
    return false;
  }
})();

describe.skipIf(!hasTar)('next to GNU tar', () => {
  const inFolder = <T>(use: (folder: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'pappus-tar-'));
    try {
      return use(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it.each(['gnu', 'pax', 'ustar'])('reads what it writes as %s', (format) => {
    inFolder((folder) => {
      mkdirSync(join(folder, 'in/deep'), { recursive: true });
      mkdirSync(join(folder, 'empty'));
      const long = `${'n'.repeat(90)}/${'m'.repeat(90)}`;
      mkdirSync(join(folder, 'in', 'n'.repeat(90)));
      const files = { 'a.txt': 'hello', 'deep/größe': 'x'.repeat(5_000), [long]: '' };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'in', name), content);
      const bytes = execFileSync('tar', ['-c', `--format=${format}`, '-C', folder, 'in', 'empty']);
      const { sets } = decodeTar(bytes, 100);
      expect(Object.fromEntries((sets.get('in') ?? []).map(({ name, data }) => [name, Buffer.from(data).toString()]))).toEqual(files);
      expect(sets.get('empty')).toEqual([]);
    });
  });

  it('is read by it', () => {
    inFolder((folder) => {
      const long = `${'n'.repeat(90)}/${'m'.repeat(90)}`;
      const items = [{ set: 'out', name: 'a', key: 7, data: Buffer.from('hello') }, { set: 'out', name: long, key: 0, data: Buffer.alloc(3_000, 1) }];
      execFileSync('tar', ['-x', '-C', folder], { input: encode(items, [emptySet('none'), END_OF_TAR]), stdio: ['pipe', 'ignore', 'ignore'] });
      expect(readFileSync(join(folder, 'out/a'), 'utf8')).toBe('hello');
      expect(statSync(join(folder, 'out', long)).size).toBe(3_000);
      expect(readdirSync(join(folder, 'none'))).toEqual([]);
    });
  });
});
