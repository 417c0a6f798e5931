/**
 * The file system of a run: `/SET/ITEM` for inputs and outputs, `/.keys/SET` for keys (`key-lines.ts`). Nothing of it
 * exists outside this process, and nothing of it outlives the run.
 *
 *   /images/cat.png      an item of the input `images`, read-only
 *   /thumbs/cat.png      a file below an output becomes an item of it; folders are made with mkdir, and are part of the name
 *   /.keys/images        keys
 */
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { Item, ItemSet, Sets } from '../../sets/item.ts';
import { itemNameProblem } from '../../sets/item-name.ts';
import { MAX_FOLDERS } from '../limits.ts';
import type { OutputBudget } from '../output-budget.ts';
import { RunFailed } from '../run-end.ts';
import { ERRNO, type Errno } from './errno.ts';
import { parseKeyLines } from './key-lines.ts';
import { OutputFile } from './output-file.ts';
import type { Path } from './path.ts';
import { RunSet } from './run-set.ts';

export const KEYS_FOLDER = '.keys';
/** As an input it is argv, environment and stdin; as an output, what the program prints. */
export const STDIO = 'stdio';

/** What a path leads to. `absent` could be made. */
export type Node =
  | { readonly kind: 'folder'; readonly made: boolean }
  | { readonly kind: 'input'; readonly data: Uint8Array; readonly writable: boolean }
  | { readonly kind: 'output'; readonly file: OutputFile }
  | { readonly kind: 'absent'; readonly writable: boolean };

const FOLDER: Node = { kind: 'folder', made: false };
const MADE_FOLDER: Node = { kind: 'folder', made: true };
const ABSENT: Node = { kind: 'absent', writable: true };
const MISSING: Node = { kind: 'absent', writable: false };

export class RunFiles {
  readonly #sets = new Map<string, RunSet>();
  readonly #spec: FunctionSpec;
  readonly #budget: OutputBudget;
  #folders = 0;

  constructor(spec: FunctionSpec, budget: OutputBudget) {
    this.#spec = spec;
    this.#budget = budget;
    const writable = new Set(spec.outputs.filter((name) => name !== STDIO));
    for (const name of [...spec.inputs, ...writable]) this.#sets.set(name, new RunSet(name, writable.has(name)));
  }

  begin(inputs: Sets): void {
    const { inputs: names } = this.#spec;
    for (let i = 0; i < names.length; i++) this.#sets.get(names[i] as string)?.begin(inputs[i]?.items ?? []);
  }

  forget(): void {
    this.#folders = 0;
    for (const set of this.#sets.values()) set.forget();
  }

  find(path: Path): Node {
    const [first] = path;
    if (first === undefined) return FOLDER;
    if (first === KEYS_FOLDER) return this.#findKeys(path);
    const set = this.#sets.get(first);
    if (set === undefined) return MISSING;
    if (path.length === 1) return FOLDER;
    const name = itemName(path);
    const file = set.outputs.get(name);
    if (file !== undefined) return { kind: 'output', file };
    const item = set.input(name);
    if (item !== null) return { kind: 'input', data: item.data, writable: set.writable };
    if (set.hasFolder(name)) return set.folders.has(name) ? MADE_FOLDER : FOLDER;
    return set.writable && hasParent(set, path) ? ABSENT : MISSING;
  }

  #findKeys(path: Path): Node {
    if (path.length === 1) return FOLDER;
    const set = path.length === 2 ? this.#sets.get(path[1] as string) : undefined;
    if (set === undefined) return MISSING;
    if (set.keys !== null) return { kind: 'output', file: set.keys };
    return { kind: 'input', data: set.inputKeys(), writable: set.writable };
  }

  /** Makes the file at a path where `find` says that it can be written. */
  create(path: Path): OutputFile | Errno {
    const [first = '', second = ''] = path;
    const file = new OutputFile(this.#budget);
    if (first === KEYS_FOLDER) {
      const set = this.#sets.get(second);
      if (set !== undefined) set.keys = file;
      return file;
    }
    const name = itemName(path);
    const errno = nameErrno(name);
    if (errno !== null) return errno;
    this.#charge(name, 1);
    this.#sets.get(first)?.outputs.set(name, file);
    return file;
  }

  makeFolder(path: Path): Errno {
    const node = this.find(path);
    if (node.kind !== 'absent') return ERRNO.exist;
    const set = this.#sets.get(path[0] as string);
    if (!node.writable || set === undefined) return this.refusal(path);
    if (++this.#folders > MAX_FOLDERS) return ERRNO.nospc;
    const errno = nameErrno(itemName(path));
    if (errno !== null) return errno;
    set.folders.add(itemName(path));
    return ERRNO.success;
  }

  removeFolder(path: Path): Errno {
    const node = this.find(path);
    if (node.kind === 'absent') return ERRNO.noent;
    if (node.kind !== 'folder') return ERRNO.notdir;
    const set = this.#sets.get(path[0] ?? '');
    if (!node.made || set === undefined) return ERRNO.rofs;
    if (set.children(itemName(path)).size > 0) return ERRNO.notempty;
    set.folders.delete(itemName(path));
    return ERRNO.success;
  }

  unlink(path: Path): Errno {
    const node = this.find(path);
    if (node.kind === 'absent') return ERRNO.noent;
    if (node.kind === 'folder') return ERRNO.isdir;
    if (node.kind === 'input') return ERRNO.rofs;
    this.#remove(path);
    node.file.linked = false;
    node.file.settle();
    return ERRNO.success;
  }

  rename(from: Path, to: Path): Errno {
    const source = this.find(from);
    if (source.kind === 'absent') return ERRNO.noent;
    if (source.kind === 'folder') return ERRNO.notsup;
    if (source.kind === 'input' || from[0] === KEYS_FOLDER || to[0] === KEYS_FOLDER) return ERRNO.rofs;
    const target = this.find(to);
    if (target.kind === 'folder') return ERRNO.isdir;
    if (target.kind !== 'output' && !target.writable) return this.refusal(to);
    if (target.kind === 'output' && target.file === source.file) return ERRNO.success;
    const name = itemName(to);
    const errno = nameErrno(name);
    if (errno !== null) return errno;
    if (target.kind === 'output') this.unlink(to);
    this.#remove(from);
    this.#charge(name, 1);
    this.#sets.get(to[0] as string)?.outputs.set(name, source.file);
    return ERRNO.success;
  }

  /** Names in a folder, and whether each is a folder too. */
  list(path: Path): ReadonlyMap<string, boolean> {
    const [first] = path;
    if (first === undefined) return new Map([...this.#sets.keys(), KEYS_FOLDER].map((name) => [name, true]));
    if (first === KEYS_FOLDER) return new Map([...this.#sets.keys()].map((name) => [name, false]));
    return this.#sets.get(first)?.children(itemName(path)) ?? new Map<string, boolean>();
  }

  /** Why nothing can be made at a path. */
  refusal(path: Path): Errno {
    const set = this.#sets.get(path[0] ?? '');
    return set === undefined || set.writable ? ERRNO.noent : ERRNO.rofs;
  }

  #remove(path: Path): void {
    const set = this.#sets.get((path[0] === KEYS_FOLDER ? path[1] : path[0]) ?? '');
    if (set === undefined) return;
    if (path[0] === KEYS_FOLDER) {
      set.keys = null;
      return;
    }
    const name = itemName(path);
    if (set.outputs.delete(name)) this.#charge(name, -1);
  }

  #charge(name: string, sign: 1 | -1): void {
    const failure = this.#budget.addItems(sign) ?? this.#budget.addBytes(sign * Buffer.byteLength(name));
    if (failure !== null) throw new RunFailed(failure);
  }

  /** What the run wrote, in the order of the declaration. */
  outputs(printed: () => ItemSet): Sets {
    return this.#spec.outputs.map((name) => (name === STDIO ? printed() : this.#outputSet(name)));
  }

  #outputSet(name: string): ItemSet {
    const set = this.#sets.get(name);
    if (set === undefined) return { name, items: [] };
    const keys = set.keys === null ? null : parseKeyLines(set.keys.content, set.outputs, this.#spec.limits.outputItems);
    if (typeof keys === 'string') throw new RunFailed({ kind: 'invalid-output', message: `/${KEYS_FOLDER}/${name}: ${keys}` });
    const items: Item[] = [];
    for (const [itemName, file] of set.outputs) items.push({ name: itemName, key: keys?.get(itemName) ?? 0, data: file.content });
    return { name, items };
  }
}

const itemName = (path: Path): string => (path.length === 2 ? (path[1] as string) : path.slice(1).join('/'));

function hasParent(set: RunSet, path: Path): boolean {
  return path.length === 2 || set.hasFolder(path.slice(1, -1).join('/'));
}

const LONG = /bytes|parts/;

function nameErrno(name: string): Errno | null {
  const problem = itemNameProblem(name);
  if (problem === null) return null;
  return LONG.test(problem) ? ERRNO.nametoolong : ERRNO.inval;
}
