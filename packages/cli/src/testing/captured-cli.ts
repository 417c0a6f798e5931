/** Command lines in this process, with what they print. */
import { Writable } from 'node:stream';
import { runCli } from '../program.ts';
import type { CliStreams } from '../program.ts';

export interface CliRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class CapturedStreams implements CliStreams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  readonly #outChunks: Buffer[] = [];
  readonly #errChunks: Buffer[] = [];

  constructor() {
    this.out = captured(this.#outChunks);
    this.err = captured(this.#errChunks);
  }

  get outText(): string {
    return Buffer.concat(this.#outChunks).toString();
  }

  get errText(): string {
    return Buffer.concat(this.#errChunks).toString();
  }

  /** Everything that was printed to standard output and error, for messages. */
  get all(): string {
    return `${this.outText}\n${this.errText}`;
  }
}

export async function pappus(...args: readonly string[]): Promise<CliRun> {
  const streams = new CapturedStreams();
  const status = await runCli(args, streams);
  return { status, out: streams.outText, err: streams.errText };
}

function captured(chunks: Buffer[]): NodeJS.WriteStream {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return stream as unknown as NodeJS.WriteStream; // no terminal: commands ask for nothing else
}
