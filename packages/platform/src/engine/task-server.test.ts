import { systemClock } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import { decodeSets, encodeSets, encodeSetsWhole, lengthOf } from '../sets/set-frame.ts';
import { BodyReader } from './body-reader.ts';
import type { ReceivedFrame } from './blocking-channel.ts';
import { FrameStream } from './frame-stream.ts';
import { FrameWriter } from './frame-writer.ts';
import { readDone } from './outcome.ts';
import { writeFunction, writePrepare } from './preparation.ts';
import { frameType, PROTOCOL_VERSION, taskFlag } from './protocol.ts';
import { RunState } from './run-state.ts';
import { writeSegment } from './segment-program.ts';
import { TaskServer, type TaskChannel } from './task-server.ts';
import { fakeSpec, oneStep, outputTexts, textSet } from './testing/fake-functions.ts';
import { createSandboxFactory, FAKE_REPORT } from './testing/fake-sandboxes.ts';

interface Answer {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly body: Buffer;
  /** In which write it left. */
  readonly write: number;
}

/** Everything that is to be read lies there from the beginning. */
class ScriptedChannel implements TaskChannel {
  readonly answers: Answer[] = [];
  readonly #frames: ReceivedFrame[] = [];
  readonly #stream: FrameStream;
  #writes = 0;

  constructor(script: (writer: FrameWriter) => void) {
    const writer = new FrameWriter();
    script(writer);
    const stream = new FrameStream((type, flags, id, body) => this.#frames.push({ type, flags, id, body }));
    for (const part of writer.take()) stream.push(Buffer.from(part));
    this.#stream = new FrameStream((type, flags, id, body) => this.answers.push({ type, flags, id, body: Buffer.from(body), write: this.#writes }));
  }

  get ready(): boolean {
    return this.#frames.length > 0;
  }

  read(): ReceivedFrame | null {
    return this.#frames.shift() ?? null;
  }

  /** What lies in the shared file. */
  readonly shared: Buffer = Buffer.alloc(1_048_576);
  /** It takes no more. */
  isFull = false;

  readShared(at: number, bytes: number): Buffer {
    return this.shared.subarray(at, at + bytes);
  }

  readSharedInto(at: number, target: Uint8Array): void {
    this.shared.copy(target, 0, at, at + target.length);
  }

  writeShared(at: number, parts: readonly Uint8Array[]): boolean {
    if (!this.isFull) Buffer.concat(parts).copy(this.shared, at);
    return !this.isFull;
  }

  writeAll(parts: readonly Uint8Array[]): void {
    this.#writes += 1;
    for (const part of parts) this.#stream.push(Buffer.from(part));
  }
}

function addFunction(writer: FrameWriter, id: number, code: string): void {
  writer.begin(frameType.function, 0, id);
  writeFunction(writer, { spec: fakeSpec(), module: { bytes: Buffer.from(code), report: FAKE_REPORT } });
  writer.end();
}

function addSegment(writer: FrameWriter, place: number, functionId: number): void {
  writer.begin(frameType.segment, 0, place);
  writeSegment(writer, oneStep('x'), () => functionId);
  writer.end();
}

function addTask(writer: FrameWriter, id: number, place: number, text: string): void {
  const sets = encodeSets([textSet('in', text)]);
  writer.begin(frameType.task, 0, id);
  for (const field of [place, 0, 0, lengthOf(sets), 0]) writer.u32(field);
  writer.allBytes(sets);
  writer.end();
}

async function serve(script: (writer: FrameWriter) => void, state: RunState = new RunState(), functions = 9, channel: ScriptedChannel = new ScriptedChannel(script)): Promise<readonly Answer[]> {
  const server = new TaskServer({ channel, factory: createSandboxFactory(), state, clock: systemClock, prepareTimeoutMs: 1_000, cache: { functions, awake: functions, keptBytes: 1e9 }, breathe: () => Promise.resolve() });
  await server.serve();
  const [ready, ...answers] = channel.answers;
  expect(ready).toMatchObject({ type: frameType.ready, id: PROTOCOL_VERSION });
  return answers;
}

const kinds = (answers: readonly Answer[]): readonly (readonly [number, number])[] => answers.map(({ type, id }) => [type, id]);

describe('a thread', () => {
  test('does its tasks in order', async () => {
    const answers = await serve((writer) => {
      addFunction(writer, 7, 'upper');
      addSegment(writer, 3, 7);
      addTask(writer, 1, 3, 'one');
      addTask(writer, 2, 3, 'two');
    });
    expect(kinds(answers)).toEqual([[frameType.done, 1], [frameType.done, 2]]);
    expect(answers.map(({ body }) => outputTexts(readDone(new BodyReader(body))))).toEqual([['ONE'], ['TWO']]);
  });

  test('asks for a function that it had to close', async () => {
    const answers = await serve((writer) => {
      addFunction(writer, 1, 'echo');
      addFunction(writer, 2, 'upper');
      addSegment(writer, 0, 1);
      addSegment(writer, 1, 2);
      addTask(writer, 1, 0, 'a');
      addTask(writer, 2, 1, 'b');
      addTask(writer, 3, 0, 'c');
    }, new RunState(), 1);
    expect(kinds(answers)).toEqual([[frameType.evicted, 0], [frameType.done, 1], [frameType.missing, 2], [frameType.done, 3]]);
  });

  test('does not begin what was recalled', async () => {
    const state = new RunState();
    state.recall(2);
    const answers = await serve((writer) => {
      addFunction(writer, 1, 'echo');
      addSegment(writer, 0, 1);
      for (const id of [1, 2, 3]) addTask(writer, id, 0, 'a');
    }, state);
    expect(kinds(answers)).toEqual([[frameType.skipped, 1], [frameType.skipped, 2], [frameType.done, 3]]);
  });

  test('lives on when a sandbox throws, and gives up that sandbox', async () => {
    const answers = await serve((writer) => {
      addFunction(writer, 1, 'throw');
      addSegment(writer, 0, 1);
      addTask(writer, 1, 0, 'a');
      addTask(writer, 2, 0, 'a');
    });
    expect(kinds(answers)).toEqual([[frameType.evicted, 0], [frameType.broken, 1], [frameType.missing, 2]]);
    expect(new BodyReader((answers[1] as Answer).body).text()).toBe('a defect of the sandbox');
  });

  test('says that a function can not be opened', async () => {
    const answers = await serve((writer) => {
      addFunction(writer, 1, 'nonsense');
      addSegment(writer, 0, 1);
      addTask(writer, 1, 0, 'a');
    });
    expect(answers.map(({ type }) => type)).toEqual([frameType.evicted, frameType.broken]);
    expect(new BodyReader((answers[1] as Answer).body).text()).toContain('no fake function nonsense');
  });

  test('writes the results of short tasks together, but none waits behind a long one', async () => {
    const answers = await serve((writer) => {
      addFunction(writer, 1, 'echo');
      addFunction(writer, 2, 'spin 2');
      addSegment(writer, 0, 1);
      addSegment(writer, 1, 2);
      [0, 0, 0, 0, 1, 0, 1].forEach((place, index) => addTask(writer, index + 1, place, 'a'));
    });
    const writes = new Map(answers.map(({ id, write }) => [id, write]));
    const writeOf = (id: number): number => writes.get(id) ?? -1;
    // 4 and 6 stand before a long task; 3 came with 4 unless the machine was slow.
    expect(writeOf(4)).toBeLessThan(writeOf(5));
    expect(writeOf(6)).toBeLessThan(writeOf(7));
  });

  test('prepares a module', async () => {
    const answers = await serve((writer) => {
      for (const [id, code] of [[1, 'bad'], [2, 'echo']] as const) {
        writer.begin(frameType.prepare, 0, id);
        writePrepare(writer, Buffer.from(code), fakeSpec());
        writer.end();
      }
    });
    expect(kinds(answers)).toEqual([[frameType.prepared, 1], [frameType.prepared, 2]]);
  });

  describe('with many bytes', () => {
    const AT = 8_192;
    const SLOT_BYTES = 524_288;
    const sent = [textSet('in', 'x'.repeat(100_000), 'y')];
    const frame = encodeSetsWhole(sent);

    function script(writer: FrameWriter): void {
      addFunction(writer, 1, 'upper');
      addSegment(writer, 0, 1);
      writer.begin(frameType.task, taskFlag.shared, 1);
      for (const field of [0, AT, SLOT_BYTES, frame.length, 0]) writer.u32(field);
      writer.end();
    }

    test('finds its inputs in the shared file and leaves the outputs there', async () => {
      const channel = new ScriptedChannel(script);
      channel.shared.set(frame, AT);
      const [answer] = await serve(script, new RunState(), 9, channel);
      expect(answer).toMatchObject({ type: frameType.done, flags: taskFlag.shared });
      expect(answer?.body.length).toBeLessThan(100);
      const result = readDone(new BodyReader((answer as Answer).body), (bytes) => channel.shared.subarray(AT, AT + bytes));
      expect(outputTexts(result)).toEqual(['X'.repeat(100_000), 'Y']);
      // The inputs lay where the outputs lie now.
      expect(decodeSets(channel.shared.subarray(AT, AT + frame.length + 1))).toMatchObject([{ name: 'out' }]);
    });

    test('sends the outputs itself where the file takes no more', async () => {
      const channel = new ScriptedChannel(script);
      channel.shared.set(frame, AT);
      channel.isFull = true;
      const [answer] = await serve(script, new RunState(), 9, channel);
      expect(answer).toMatchObject({ type: frameType.done, flags: 0 });
      expect(outputTexts(readDone(new BodyReader((answer as Answer).body)))).toEqual(['X'.repeat(100_000), 'Y']);
    });
  });

  test('refuses what is no frame of the protocol', async () => {
    await expect(serve((writer) => {
      writer.begin(frameType.done, 0, 1);
      writer.end();
    })).rejects.toThrow(/type 17/);
  });
});
