import { AppError, parseEdgeId, parseQueryId } from '@pappus/core';
import { array, assert as check, constantFrom, integer, nat, property, record, stringMatching, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CONTROL_BYTES, MAX_FRAME_BYTES } from '../limits.ts';
import { MessageParser } from './message-parser.ts';
import { decodeError, decodeHeader, decodeStreamName, encodeError, encodeHeader, encodeStreamName, MESSAGE, payloadBytes, type Header } from './protocol.ts';

const types = constantFrom(...Object.values(MESSAGE));
const uint32 = integer({ min: 0, max: 0xffff_ffff });

describe('the direct protocol', () => {
  it('decodes the headers that it encodes', () => {
    check(property(types, uint32, nat(MAX_CONTROL_BYTES), (type, stream, value) => {
      expect(decodeHeader(encodeHeader(type, stream, value))).toEqual({ type, stream, value });
    }));
  });

  it('decodes the stream names that it encodes', () => {
    const names = record({ query: stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/), edge: uint32, producer: uint32, consumer: uint32 });
    check(property(names, ({ query, edge, producer, consumer }) => {
      const name = { query: parseQueryId(query), edge: parseEdgeId(edge), producer, consumer };
      expect(decodeStreamName(encodeStreamName(name))).toEqual(name);
    }));
  });

  it('carries errors whole, and cuts endless ones', () => {
    const error = new AppError('corrupt-data', 'größer als gedacht', { hint: 'Write it again.', retryable: true });
    expect(decodeError(encodeError(error)).toRecord()).toEqual(error.toRecord());
    expect(encodeError(new AppError('internal', 'x'.repeat(1e6), { hint: 'ü'.repeat(1e6) })).byteLength).toBeLessThan(MAX_CONTROL_BYTES);
  });

  it('refuses what no sender of ours can have written, and throws nothing else', () => {
    const attempts = [
      (bytes: Uint8Array) => decodeHeader(Uint8Array.from({ length: 12 }, (_, i) => bytes[i] ?? 0)),
      decodeStreamName,
      decodeError,
    ];
    check(property(uint8Array({ maxLength: 64 }), (bytes) => {
      for (const attempt of attempts) {
        try {
          attempt(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'protocol' });
        }
      }
    }));
    expect(() => decodeHeader(encodeHeader(MESSAGE.data, 1, MAX_FRAME_BYTES + 1))).toThrow('above the limit');
    expect(() => decodeHeader(encodeHeader(MESSAGE.open, 1, MAX_CONTROL_BYTES + 1))).toThrow('above the limit');
  });
});

describe('the message parser', () => {
  it('finds the same messages however the bytes are cut into chunks', () => {
    const messages = array(record({ type: types, stream: uint32, payload: uint8Array({ maxLength: 40 }) }), { maxLength: 20 });
    check(property(messages, array(integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (list, cuts) => {
      const sent = list.map(({ type, stream, payload }) => {
        const header: Header = { type, stream, value: payload.byteLength };
        return { header, payload: payloadBytes(header) === 0 ? new Uint8Array(0) : payload };
      });
      const bytes = Buffer.concat(sent.flatMap(({ header, payload }) => [encodeHeader(header.type, header.stream, header.value), payload]));
      const received: { header: Header; payload: Uint8Array }[] = [];
      const parser = new MessageParser((header, payload) => {
        expect(payload.byteOffset).toBe(0);
        expect(payload.buffer.byteLength).toBe(payload.byteLength);
        received.push({ header, payload: Uint8Array.from(payload) });
      });
      for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
        const end = at + (cuts[turn % cuts.length] ?? 1);
        parser.push(bytes.subarray(at, end));
        at = end;
      }
      expect(received).toEqual(sent.map(({ header, payload }) => ({ header, payload: Uint8Array.from(payload) })));
      expect(parser.atBoundary).toBe(true);
    }));
  });
});
