import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multipartEncoder } from './sets-encoder.ts';
import { encodedWhole } from './whole-sets.ts';
import { readMultipart } from './multipart-reader.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => text.isWellFormed() && !/[\0%\\]/.test(text) && text.trim() === text);
const item = fc.record({ set: name, name, key: fc.integer({ min: 0, max: 0xffff_ffff }), data: fc.uint8Array({ maxLength: 400 }) });
type Sent = { readonly set: string; readonly name: string; readonly key: number; readonly data: Uint8Array };

const encode = (items: readonly Sent[], boundary = 'pappus-5f3a90c10d2b'): { readonly body: Uint8Array; readonly contentType: string } => {
  const { pieces, contentType } = encodedWhole(items.map(({ set, ...rest }) => ({ name: set, items: [rest] })), multipartEncoder(boundary));
  return { body: Buffer.concat(pieces), contentType };
};

describe('multipart bodies', () => {
  it('read back what was written', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (items) => {
        const { body, contentType } = encode(items);
        const parts = readMultipart(body, contentType);
        const read = parts.map((part) => ({ set: part.name, name: part.fileName, key: Number(part.headers.get('pappus-key') ?? 0), data: [...part.data] }));
        expect(read).toEqual(items.map(({ data, ...rest }) => ({ ...rest, data: [...data] })));
      }),
    );
  });

  it('are read as fetch writes them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), async (items) => {
        const form = new FormData();
        for (const { set, name: file, data } of items) form.append(set, new Blob([Uint8Array.from(data)]), file);
        const request = new Request('http://localhost', { method: 'POST', body: form });
        const parts = readMultipart(new Uint8Array(await request.arrayBuffer()), request.headers.get('content-type') ?? '');
        const lines = (text: string): string => text.replaceAll(/\r\n|\r|\n/g, '\r\n');
        expect(parts.map((part) => ({ set: lines(part.name), name: part.fileName, data: [...part.data] }))).toEqual(items.map(({ set, name: file, data }) => ({ set: lines(set), name: file, data: [...data] })));
      }),
      { numRuns: 50 },
    );
  });

  it('are written so that fetch reads them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), async (items) => {
        const { body, contentType } = encode(items);
        const form = await new Response(Uint8Array.from(body), { headers: { 'content-type': contentType } }).formData();
        const found = await Promise.all([...form].map(async ([set, file]) => ({ set, bytes: typeof file === 'string' ? [] : [...new Uint8Array(await file.arrayBuffer())] })));
        expect(found).toEqual(items.map(({ set, data }) => ({ set, bytes: [...data] })));
      }),
      { numRuns: 50 },
    );
  });

  const form = (text: string): readonly unknown[] => readMultipart(Buffer.from(text), 'multipart/form-data; boundary=b').map((part) => [part.name, part.fileName, Buffer.from(part.data).toString()]);

  it('may have a preamble, an epilogue, white space behind a boundary, and no part at all', () => {
    expect(form('hello\r\n--b  \r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\nbye')).toEqual([['a', null, 'x']]);
    expect(form('--b--')).toEqual([]);
  });

  it('may hold what looks like a boundary, and lie about the length of a part', () => {
    expect(form('--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx--b\r\n-b\r\n--b--')).toEqual([['a', null, 'x--b\r\n-b']]);
    expect(form('--b\r\nContent-Disposition: form-data; name=a\r\nContent-Length: 1\r\n\r\nxyz\r\n--b--')).toEqual([['a', null, 'xyz']]);
  });

  it.each([
    ['', /boundary does not occur/],
    ['--b', /ends inside/],
    ['--b\r\n', /no end within/],
    ['--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', /last part has no end/],
    ['--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--', /no name/],
    ['--b\r\nX: y\r\n\r\nx\r\n--b--', /no name/],
    ['--b\r\nnonsense\r\n\r\nx\r\n--b--', /without a name/],
    ['--b\r\n\r\nx\r\n--b--', /no name/],
    [`--b\r\nX: ${'y'.repeat(20_000)}\r\n\r\nx\r\n--b--`, /no end within/],
  ])('are refused: %j', (text, problem) => {
    expect(() => form(text)).toThrow(problem);
  });

  it('never make anything but an error of ours, whatever the bytes', () => {
    const token = fc.constantFrom('--b', '\r\n', '--', 'Content-Disposition: form-data; name="a"', '; filename="f"', ': ', 'x', '\r\n\r\n', '\0', '"');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        try {
          form(tokens.join(''));
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'AppError', code: 'corrupt-data' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
