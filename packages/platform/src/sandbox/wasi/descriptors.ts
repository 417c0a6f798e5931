/** The open files of a run, by number: 0 to 2 are the standard ones, 3 is the root folder. */
import { MAX_DESCRIPTORS, MAX_LISTED_NAMES } from '../limits.ts';
import type { LogSink } from './log-sink.ts';
import type { OutputFile } from './output-file.ts';
import { ROOT, type Path } from './path.ts';

export interface OpenInput {
  readonly kind: 'input';
  readonly data: Uint8Array;
  readonly path: Path;
  position: number;
}

export interface OpenOutput {
  readonly kind: 'output';
  readonly file: OutputFile;
  readonly path: Path;
  append: boolean;
  position: number;
}

export interface OpenFolder {
  readonly kind: 'folder';
  readonly path: Path;
  /** What `fd_readdir` gives, taken when it begins. */
  listing: readonly FolderEntry[] | null;
}

export interface OpenLog {
  readonly kind: 'log';
  readonly sink: LogSink;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

export type Descriptor = OpenInput | OpenOutput | OpenFolder | OpenLog;

export const ROOT_DESCRIPTOR = 3;
const NO_DATA = new Uint8Array(0);

export class Descriptors {
  readonly #open: (Descriptor | null)[] = [];
  readonly #stdout: OpenLog;
  readonly #stderr: OpenLog;
  /** Names in all listings that are kept. */
  #listed = 0;

  constructor(stdout: LogSink, stderr: LogSink) {
    this.#stdout = { kind: 'log', sink: stdout };
    this.#stderr = { kind: 'log', sink: stderr };
  }

  begin(stdin: Uint8Array | null): void {
    const open = this.#open;
    open.length = 0;
    this.#listed = 0;
    open.push({ kind: 'input', data: stdin ?? NO_DATA, path: ROOT, position: 0 }, this.#stdout, this.#stderr, { kind: 'folder', path: ROOT, listing: null });
  }

  forget(): void {
    this.#open.length = 0;
  }

  get(fd: number): Descriptor | null {
    return this.#open[fd] ?? null;
  }

  /** The number of a new descriptor, or null when there are too many. */
  add(descriptor: Descriptor): number | null {
    let fd = this.#open.indexOf(null);
    if (fd === -1) fd = this.#open.length;
    if (fd >= MAX_DESCRIPTORS) return null;
    this.#open[fd] = descriptor;
    if (descriptor.kind === 'output') descriptor.file.opened++;
    return fd;
  }

  close(fd: number): boolean {
    const descriptor = this.get(fd);
    if (descriptor === null) return false;
    this.#open[fd] = null;
    if (descriptor.kind === 'folder') this.#listed -= descriptor.listing?.length ?? 0;
    if (descriptor.kind === 'output') {
      descriptor.file.opened--;
      descriptor.file.settle();
    }
    return true;
  }

  /** Keeps what a folder has until it is listed anew or closed; false when too much is kept already. */
  list(folder: OpenFolder, names: ReadonlyMap<string, boolean>): boolean {
    const listed = this.#listed - (folder.listing?.length ?? 0) + names.size;
    if (listed > MAX_LISTED_NAMES) return false;
    this.#listed = listed;
    folder.listing = Array.from(names, ([name, isFolder]) => ({ name, isFolder }));
    return true;
  }

  /** Makes `to` mean what `from` does, and closes `from`. */
  move(from: number, to: number): boolean {
    const descriptor = this.get(from);
    if (descriptor === null || this.get(to) === null) return false;
    if (from === to) return true;
    this.close(to);
    this.#open[to] = descriptor;
    this.#open[from] = null;
    return true;
  }
}
