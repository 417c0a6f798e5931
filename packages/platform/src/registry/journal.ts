/**
 * The registry's memory on disk: an append-only file of checked lines (journal-line.ts). A change is durable when
 * `append` resolves, and not there at all when it rejects. Now and then the file is rewritten with what is left; the
 * new one takes the old one's name in one step.
 *
 * At open, a last line without line feed is what a killed server had not yet acknowledged: it is cut off. Any other
 * line that does not check is damage: the rest is used, and the damaged file is kept aside for people.
 */
import { copyFile, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, systemCode } from '@pappus/core';
import { diskError } from './disk-error.ts';
import { syncFolder, writeAt } from './durable-file.ts';
import { decodeLine, encodeLine, HEADER, type RegistryEvent } from './journal-line.ts';
import { JOURNAL_READ_BYTES, JOURNAL_WRITE_BYTES, MAX_DAMAGED_JOURNALS, MAX_JOURNAL_LINE_BYTES } from './limits.ts';

export interface JournalState {
  readonly lines: number;
  readonly damagedLines: number;
  /** Bytes of a last line that was not finished. */
  readonly tornBytes: number;
  /** There was no journal, and an empty one was made. */
  readonly created: boolean;
}

const NAME = 'journal';
const ASIDE_PREFIX = `${NAME}.damaged-`;
const LINE_FEED = 0x0a;

export class Journal {
  readonly #path: string;
  #file: FileHandle;
  #bytes: number;
  #lines: number;
  /** A failed append may have left bytes behind the end. */
  #hasRest = false;

  private constructor(path: string, file: FileHandle, bytes: number, lines: number) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
    this.#lines = lines;
  }

  /** Hands over every event that is whole, in order. */
  static async open(folder: string, onEvent: (event: RegistryEvent) => void): Promise<{ readonly journal: Journal; readonly state: JournalState }> {
    const path = join(folder, NAME);
    try {
      const { file, created } = await openOrCreate(path);
      try {
        const { bytes, ...found } = await replay(file, onEvent);
        const state = { ...found, created };
        if (state.tornBytes > 0) {
          await file.truncate(bytes);
          await file.datasync();
        }
        return { journal: new Journal(path, file, bytes, state.lines), state };
      } catch (thrown) {
        await file.close();
        throw thrown;
      }
    } catch (thrown) {
      throw diskError(thrown, 'open the journal', path);
    }
  }

  get lines(): number {
    return this.#lines;
  }

  /** A line of `journalLine`. */
  async append(line: Buffer): Promise<void> {
    try {
      if (this.#hasRest) await this.#cutRest();
      this.#hasRest = true;
      await writeAt(this.#file, line, this.#bytes);
      await this.#file.datasync();
    } catch (thrown) {
      await this.#cutRest().catch(() => {}); // tried again before the next append
      throw diskError(thrown, 'write to the journal', this.#path);
    }
    this.#hasRest = false;
    this.#bytes += line.byteLength;
    this.#lines += 1;
  }

  /** Replaces everything by these events. When it rejects, what was acknowledged is still there. */
  async rewrite(events: Iterable<RegistryEvent>): Promise<void> {
    try {
      const { file, bytes, lines } = await replaceFile(this.#path, events);
      const old = this.#file;
      this.#file = file;
      this.#bytes = bytes;
      this.#lines = lines;
      this.#hasRest = false;
      await old.close();
      await syncFolder(dirname(this.#path));
    } catch (thrown) {
      throw diskError(thrown, 'rewrite the journal', this.#path);
    }
  }

  /** A copy of a damaged journal beside it; null when there are enough already. */
  async keepAside(wallMs: number): Promise<string | null> {
    if ((await this.asides()).length >= MAX_DAMAGED_JOURNALS) return null;
    const copy = join(dirname(this.#path), `${ASIDE_PREFIX}${wallMs}`);
    await copyFile(this.#path, copy);
    return copy;
  }

  /** Names of damaged journals that were kept, and that nobody has looked at yet. */
  async asides(): Promise<readonly string[]> {
    return (await readdir(dirname(this.#path))).filter((name) => name.startsWith(ASIDE_PREFIX));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #cutRest(): Promise<void> {
    await this.#file.truncate(this.#bytes);
    this.#hasRest = false;
  }
}

/** What `append` takes, or why it can't: a longer line would be damage to who reads it. */
export function journalLine(event: RegistryEvent): Buffer {
  const line = encodeLine(event);
  if (line.byteLength <= MAX_JOURNAL_LINE_BYTES) return line;
  const message = `what is deployed at once takes ${line.byteLength} bytes in the registry, of at most ${MAX_JOURNAL_LINE_BYTES}`;
  throw new AppError('resource-exhausted', message, { hint: 'Deploy its compositions in several parts.' });
}

async function openOrCreate(path: string): Promise<{ readonly file: FileHandle; readonly created: boolean }> {
  try {
    return { file: await open(path, 'r+'), created: false };
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
  const { file } = await replaceFile(path, []);
  await syncFolder(dirname(path));
  return { file, created: true };
}

interface WrittenFile {
  readonly file: FileHandle;
  readonly bytes: number;
  readonly lines: number;
}

/** Durable, except for its name; still open. The old file keeps its name when this rejects. */
async function replaceFile(path: string, events: Iterable<RegistryEvent>): Promise<WrittenFile> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w+', 0o600);
  try {
    const written = await writeEvents(file, events);
    await file.datasync();
    await rename(temporary, path);
    return { file, ...written };
  } catch (thrown) {
    await file.close();
    await rm(temporary, { force: true }).catch(() => {});
    throw thrown;
  }
}

async function writeEvents(file: FileHandle, events: Iterable<RegistryEvent>): Promise<{ readonly bytes: number; readonly lines: number }> {
  let pending: Buffer[] = [encodeLine(HEADER)];
  let pendingBytes = 0;
  let bytes = 0;
  let lines = 1;
  const flush = async (): Promise<void> => {
    const chunk = Buffer.concat(pending);
    await writeAt(file, chunk, bytes);
    bytes += chunk.byteLength;
    [pending, pendingBytes] = [[], 0];
  };
  for (const event of events) {
    const line = encodeLine(event);
    pending.push(line);
    pendingBytes += line.byteLength;
    lines += 1;
    if (pendingBytes >= JOURNAL_WRITE_BYTES) await flush();
  }
  await flush();
  return { bytes, lines };
}

/** `bytes` is the length up to the last line feed. A header that is missing is a damaged line: each journal begins with one. */
async function replay(file: FileHandle, onEvent: (event: RegistryEvent) => void): Promise<Omit<JournalState, 'created'> & { readonly bytes: number }> {
  let lines = 0;
  let damagedLines = 0;
  let hasHeader = false;
  const take = (line: Buffer): void => {
    lines += 1;
    const entry = decodeLine(line);
    if (entry === null) damagedLines += 1;
    else if (entry.kind === 'format') hasHeader = true;
    else onEvent(entry);
  };
  let position = 0;
  let lineStart = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(JOURNAL_READ_BYTES), 0, JOURNAL_READ_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const before = rest.byteLength + bytesRead;
    rest = takeLines(Buffer.concat([rest, buffer.subarray(0, bytesRead)]), take);
    if (rest.byteLength < before) lineStart = position - rest.byteLength;
    // Longer than any line that we write: its beginning is given up, so that its end does not check.
    if (rest.byteLength > MAX_JOURNAL_LINE_BYTES) rest = rest.subarray(rest.byteLength - 1);
  }
  if (!hasHeader && damagedLines === 0) damagedLines = 1;
  return { lines, damagedLines, tornBytes: position - lineStart, bytes: lineStart };
}

/** Hands over the whole lines, and returns what comes after the last line feed. */
function takeLines(bytes: Buffer, take: (line: Buffer) => void): Buffer {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    take(bytes.subarray(start, end));
    start = end + 1;
  }
  return bytes.subarray(start);
}
