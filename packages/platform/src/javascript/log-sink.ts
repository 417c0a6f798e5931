/** What a run prints, up to the function's limit for each stream; the rest is counted. */
import type { LogStream, Printed, RunLog } from '../sandbox/sandbox.ts';

export interface LogSink {
  line(stream: LogStream, text: Uint8Array): void;
}

interface Stream {
  readonly parts: Uint8Array[];
  bytes: number;
}

const NEWLINE = new Uint8Array([10]);
const NOTHING = new Uint8Array(0);

export class BoundedLog implements LogSink {
  readonly #limit: number;
  readonly #printed: Printed | null;
  readonly #streams: Readonly<Record<LogStream, Stream>> = { stdout: { parts: [], bytes: 0 }, stderr: { parts: [], bytes: 0 } };
  #dropped = 0;

  constructor(limitBytes: number, printed: Printed | null = null) {
    this.#limit = limitBytes;
    this.#printed = printed;
  }

  line(stream: LogStream, text: Uint8Array): void {
    this.#write(stream, text);
    this.#write(stream, NEWLINE);
  }

  /** What was printed since the last call, or null. */
  take(): RunLog | null {
    const { stdout, stderr } = this.#streams;
    if (stdout.parts.length === 0 && stderr.parts.length === 0 && this.#dropped === 0) return null;
    const log = { stdout: joined(stdout), stderr: joined(stderr), droppedBytes: this.#dropped };
    for (const stream of [stdout, stderr]) {
      stream.parts.length = 0;
      stream.bytes = 0;
    }
    this.#dropped = 0;
    return log;
  }

  #write(name: LogStream, text: Uint8Array): void {
    const stream = this.#streams[name];
    const kept = Math.max(0, Math.min(text.length, this.#limit - stream.bytes));
    this.#dropped += text.length - kept;
    this.#printed?.(name, text.subarray(0, kept), text.length - kept);
    if (kept === 0) return;
    // A Buffer's slice would be a view of the guest's memory.
    stream.parts.push(text === NEWLINE ? text : new Uint8Array(text.subarray(0, kept)));
    stream.bytes += kept;
  }
}

const joined = ({ parts }: Stream): Uint8Array => (parts.length === 0 ? NOTHING : new Uint8Array(Buffer.concat(parts)));
