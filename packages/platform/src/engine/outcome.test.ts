import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunFailure } from '../sandbox/sandbox.ts';
import { BodyReader } from './body-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { encodeResult, readDone, readFailed, writeResult, type ThreadResult } from './outcome.ts';
import { readFunction, readPrepared, writeFunction, writePrepared } from './preparation.ts';
import { frameType, HEADER_BYTES } from './protocol.ts';
import { readSegment, writeSegment } from './segment-program.ts';
import { fakeSpec } from './testing/fake-functions.ts';
import { FAKE_REPORT } from './testing/fake-sandboxes.ts';

const us = fc.nat(0xffff_ffff);
const text = fc.string({ unit: 'binary-ascii', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 30 });
const itemName = fc.stringMatching(/^[a-z]{1,8}$/);
const anySet = fc.record({ name: itemName, items: fc.array(fc.record({ name: itemName, key: us, data: bytes }), { maxLength: 3 }) });
const spans = fc.array(fc.record({ step: fc.nat(9), startedUs: us, sandboxUs: us, computeUs: us, storeUs: us }), { maxLength: 3 });
const logs = fc.array(fc.record({ step: fc.nat(9), log: fc.record({ stdout: bytes, stderr: bytes, droppedBytes: us }) }), { maxLength: 3 });
const step = fc.tuple(fc.boolean(), fc.array(fc.option(anySet), { maxLength: 3 }));

const anyFailure: fc.Arbitrary<RunFailure> = fc.oneof(
  fc.record({ kind: fc.constant('trap' as const), trap: text, functionName: fc.option(text), offset: fc.option(us) }),
  fc.record({ kind: fc.constant('exit' as const), code: fc.integer() }),
  fc.record({ kind: fc.constant('exception' as const), message: text, stack: text }),
  fc.record({ kind: fc.constant('limit' as const), limit: fc.constantFrom('memory', 'time', 'output-bytes', 'output-items', 'stack'), message: text }),
  fc.record({ kind: fc.constant('invalid-output' as const), message: text }),
);
const anyResult: fc.Arbitrary<ThreadResult> = fc.oneof(
  fc.record({ kind: fc.constant('done' as const), steps: fc.array(step, { maxLength: 4 }), spans, logs, busyUs: us }).map(({ steps, ...rest }) => ({ ...rest, ran: steps.map(([ran]) => ran), outputs: steps.map(([, sets]) => sets) })),
  fc.record({ kind: fc.constant('failed' as const), step: fc.nat(9), failure: anyFailure, spans, logs, busyUs: us }),
);

/** Buffers and arrays of bytes alike. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_key, each: unknown) => (ArrayBuffer.isView(each) ? Buffer.from(each as Uint8Array).toString('hex') : each)).replaceAll(/\{"type":"Buffer","data":\[[\d,]*\]\}/g, (json) => JSON.stringify(Buffer.from((JSON.parse(json) as { data: number[] }).data).toString('hex'))));

function bodyOf(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter();
  writer.begin(frameType.done, 0, 1);
  write(writer);
  writer.end();
  return Buffer.concat(writer.take()).subarray(HEADER_BYTES);
}

const read = (kind: ThreadResult['kind'], body: Buffer): ThreadResult => (kind === 'done' ? readDone(new BodyReader(body)) : readFailed(new BodyReader(body)));

describe('results as frames', () => {
  test('come out as they went in', () => {
    fc.assert(fc.property(anyResult, (result) => {
      const body = bodyOf((writer) => writeResult(writer, encodeResult(result)));
      expect(plain(read(result.kind, body))).toEqual(plain(result));
    }));
  });

  test('garbage is refused and nothing worse', () => {
    const isRefusal = (thrown: unknown): boolean => thrown instanceof AppError && (thrown.code === 'protocol' || thrown.code === 'corrupt-data');
    fc.assert(fc.property(anyResult, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), fc.boolean(), (result, changes, length, done) => {
      const body = bodyOf((writer) => writeResult(writer, encodeResult(result)));
      for (const [at, value] of changes) if (body.length > 0) body[at % body.length] = value;
      try {
        read(done ? 'done' : 'failed', length % 3 === 0 ? body.subarray(0, length % (body.length + 1)) : body);
      } catch (thrown) {
        expect(isRefusal(thrown)).toBe(true);
      }
    }), { numRuns: 500 });
  });
});

describe('what is sent once per function and segment', () => {
  test('segments come out as they went in', () => {
    const index = fc.nat(65_535);
    const input = fc.record({ step: index, output: index, distribution: fc.constantFrom('all', 'each'), optional: fc.boolean() });
    const anyStep = fc.record({ function: fc.nat(9), inputs: fc.array(input, { maxLength: 3 }), exported: fc.array(fc.boolean(), { maxLength: 3 }) });
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 5 }), us, (steps, fanOut) => {
      const segment = { fanOut, steps: steps.map((each) => ({ ...each, function: `f${each.function}` })) };
      const body = bodyOf((writer) => writeSegment(writer, segment, (hash) => Number(hash.slice(1))));
      expect(readSegment(new BodyReader(body))).toEqual({ fanOut, steps });
    }));
  });

  test('functions and prepared modules too', () => {
    const registered = { spec: fakeSpec(), module: { bytes: new Uint8Array(20_000).fill(3), report: FAKE_REPORT } };
    expect(readFunction(new BodyReader(bodyOf((writer) => writeFunction(writer, registered))))).toEqual(registered);
    const prepared = { kind: 'prepared', module: registered.module } as const;
    expect(readPrepared(new BodyReader(bodyOf((writer) => writePrepared(writer, prepared))))).toEqual(prepared);
    const refused = { kind: 'refused', problems: ['one', 'two'] } as const;
    expect(readPrepared(new BodyReader(bodyOf((writer) => writePrepared(writer, refused))))).toEqual(refused);
  });

  test.each(['{', '{}', '[1]', '{"mode":"fast"}'])('the report %s is refused', (json) => {
    for (const kind of [0, 1]) {
      const body = bodyOf((writer) => {
        writer.u8(kind);
        writer.text(json);
      });
      expect(() => readPrepared(new BodyReader(body))).toThrow(AppError);
    }
  });
});
