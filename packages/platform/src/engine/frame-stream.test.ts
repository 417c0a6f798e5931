import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyReader } from './body-reader.ts';
import { FrameStream } from './frame-stream.ts';
import { FrameWriter } from './frame-writer.ts';
import { COPY_BELOW_BYTES, MAX_TEXT_BYTES } from './limits.ts';
import { frameType, HEADER_BYTES } from './protocol.ts';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly body: string;
}

const anyBody = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: COPY_BELOW_BYTES - 1, max: 200_000 }).map((length) => new Uint8Array(length).fill(length)));
const anyFrame = fc.record({ type: fc.constantFrom(...Object.values(frameType)), flags: fc.nat(255), id: fc.nat(0xffff_ffff), bytes: anyBody });

function received(stream: (handle: (frame: Frame) => void) => void): Frame[] {
  const frames: Frame[] = [];
  stream((frame) => frames.push(frame));
  return frames;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[index % sizes.length] as number);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('frames on a channel', () => {
  test('come out as they went in, however the stream is cut', () => {
    const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1_000, max: 65_536 })), { maxLength: 4 });
    fc.assert(fc.property(fc.array(anyFrame, { maxLength: 8 }), anySizes, (frames, sizes) => {
      const writer = new FrameWriter();
      for (const { type, flags, id, bytes } of frames) {
        writer.begin(type, flags, id);
        writer.u16(7);
        writer.bytes(bytes);
        expect(writer.end()).toBe(bytes.length + 2);
      }
      const sent = Buffer.concat(writer.take());
      const got = received((push) => {
        const stream = new FrameStream((type, flags, id, body) => push({ type, flags, id, body: body.subarray(2).toString('hex') }));
        for (const chunk of cut(sent, sizes)) stream.push(chunk);
      });
      expect(got).toEqual(frames.map(({ type, flags, id, bytes }) => ({ type, flags, id, body: Buffer.from(bytes).toString('hex') })));
    }), { numRuns: 60 });
  });

  test('a batch that was taken is not written again', () => {
    const writer = new FrameWriter();
    const one = (value: number): Buffer => {
      writer.begin(frameType.task, 0, value);
      writer.u32(value);
      writer.end();
      return writer.take()[0] as Buffer;
    };
    const first = one(1);
    const copy = Buffer.from(first);
    for (let value = 2; value < 10_000; value++) one(value);
    expect(first).toEqual(copy);
  });

  test('a frame that is too long is refused by its header', () => {
    const stream = new FrameStream(() => {}, 1_000);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(1_001);
    expect(() => stream.push(header)).toThrow(AppError);
  });
});

describe('bodies', () => {
  test('give what was written', () => {
    fc.assert(fc.property(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffff_ffff), fc.double(), fc.string({ unit: 'grapheme' }), fc.uint8Array(), (u8, u16, u32, f64, text, bytes) => {
      const writer = new FrameWriter();
      writer.begin(frameType.task, 0, 1);
      writer.u8(u8);
      writer.u16(u16);
      writer.u32(u32);
      writer.f64(f64);
      writer.text(text);
      writer.bytes(bytes);
      writer.end();
      const reader = new BodyReader(Buffer.concat(writer.take()).subarray(HEADER_BYTES));
      expect([reader.u8(), reader.u16(), reader.u32(), reader.f64(), reader.text()]).toEqual([u8, u16, u32, f64, Buffer.from(text).toString()]);
      expect(Buffer.from(reader.rest())).toEqual(Buffer.from(bytes));
    }));
  });

  test('a long text is cut', () => {
    const writer = new FrameWriter();
    writer.begin(frameType.broken, 0, 1);
    writer.text('é'.repeat(MAX_TEXT_BYTES));
    expect(writer.end()).toBe(MAX_TEXT_BYTES + 4);
  });

  test('that end early, or carry more than they say, are refused', () => {
    expect(() => new BodyReader(Buffer.alloc(3)).u32()).toThrow(/ends early/);
    expect(() => new BodyReader(Buffer.from([255, 255, 255, 0])).text()).toThrow(/a text of/);
    expect(() => new BodyReader(Buffer.alloc(10)).count(3, 4)).toThrow(/longer than its frame/);
    expect(() => new BodyReader(Buffer.alloc(1)).end()).toThrow(/after the end/);
  });
});
