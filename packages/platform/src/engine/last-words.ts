/**
 * What the runs of a task have printed, in memory that the thread shares with the main thread of its process: a run that has
 * to be ended can't be asked for its log, and what it printed last tells best why it hangs. Written as it is printed, up
 * to a limit; read only when the thread ends.
 *
 *   u32 used │ u32 dropped │ records: u32 step, u32 stream, u32 bytes, the bytes, and as many as make it whole words
 */
import type { LogStream } from '../sandbox/sandbox.ts';
import type { StepLog } from './compute-engine.ts';
import { LAST_WORDS_BYTES } from './limits.ts';

const word = { used: 0, dropped: 1 } as const;
const HEAD_BYTES = 8;
const RECORD_WORDS = 3;
const STREAMS: readonly LogStream[] = ['stdout', 'stderr'];
const MAX_DROPPED = 2 ** 31 - 1;

/** Of which one step printed a part. */
interface Printed {
  readonly step: number;
  readonly parts: Readonly<Record<LogStream, Buffer[]>>;
}

export class LastWords {
  static readonly BYTES: number = HEAD_BYTES + LAST_WORDS_BYTES;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  /** `at`: where it lies in `memory`, a multiple of 4. */
  constructor(memory: SharedArrayBuffer, at: number) {
    this.#words = new Int32Array(memory, at, LastWords.BYTES / 4);
    this.#bytes = new Uint8Array(memory, at + HEAD_BYTES, LAST_WORDS_BYTES);
  }

  /** Forgets what the last task has printed. */
  clear(): void {
    if (this.#words[word.used] !== 0) Atomics.store(this.#words, word.used, 0);
    this.#words[word.dropped] = 0;
  }

  /** `dropped` bytes more were printed, which nobody keeps. */
  add(step: number, stream: LogStream, data: Uint8Array, dropped = 0): void {
    const words = this.#words;
    const used = words[word.used] as number;
    const room = LAST_WORDS_BYTES - used - RECORD_WORDS * 4;
    const kept = Math.max(0, Math.min(room, data.length));
    const lost = dropped + data.length - kept;
    if (lost > 0) words[word.dropped] = Math.min(MAX_DROPPED, (words[word.dropped] as number) + lost);
    if (kept === 0) return;
    const at = (HEAD_BYTES + used) / 4;
    words[at] = step;
    words[at + 1] = STREAMS.indexOf(stream);
    words[at + 2] = kept;
    this.#bytes.set(kept === data.length ? data : data.subarray(0, kept), used + RECORD_WORDS * 4);
    Atomics.store(words, word.used, Math.min(LAST_WORDS_BYTES, used + RECORD_WORDS * 4 + wholeWords(kept)));
  }

  /** By step, in the order in which they printed first. What was dropped counts as the last one's. */
  read(): readonly StepLog[] {
    const printed = this.#records();
    const last = printed.length - 1;
    return printed.map(({ step, parts }, index) => ({ step, log: { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr), droppedBytes: index === last ? (this.#words[word.dropped] as number) : 0 } }));
  }

  #records(): readonly Printed[] {
    const words = this.#words;
    const used = Atomics.load(words, word.used);
    const bySteps = new Map<number, Printed>();
    for (let at = 0; at < used; ) {
      const [step = 0, stream = 0, bytes = 0] = words.subarray((HEAD_BYTES + at) / 4);
      const from = at + RECORD_WORDS * 4;
      if (bytes <= 0 || from + bytes > used) break; // written anew meanwhile: the thread has gone on
      const of = bySteps.get(step) ?? { step, parts: { stdout: [], stderr: [] } };
      bySteps.set(step, of);
      of.parts[STREAMS[stream] ?? 'stdout'].push(Buffer.from(this.#bytes.slice(from, from + bytes)));
      at = from + wholeWords(bytes);
    }
    return [...bySteps.values()];
  }
}

const wholeWords = (bytes: number): number => (bytes + 3) & ~3;
