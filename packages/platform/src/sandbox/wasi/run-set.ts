/** One set as a folder: the items of an input, the files written to an output, or both where a name is both. */
import type { Item } from '../../sets/item.ts';
import { keyLines } from './key-lines.ts';
import type { OutputFile } from './output-file.ts';

const NO_ITEMS: readonly Item[] = [];

export class RunSet {
  readonly name: string;
  readonly writable: boolean;
  /** What the run wrote, by name; it hides an input of the same name. */
  readonly outputs: Map<string, OutputFile> = new Map();
  /** Folders that the run made. */
  readonly folders: Set<string> = new Set();
  /** The keys that the run wrote. */
  keys: OutputFile | null = null;
  #items: readonly Item[] = NO_ITEMS;
  #index: ReadonlyMap<string, Item> | null = null;
  #inputFolders: Set<string> | null = null;
  #inputKeys: Buffer | null = null;

  constructor(name: string, writable: boolean) {
    this.name = name;
    this.writable = writable;
  }

  begin(items: readonly Item[]): void {
    this.#items = items;
  }

  forget(): void {
    this.#items = NO_ITEMS;
    this.#index = null;
    this.#inputFolders = null;
    this.#inputKeys = null;
    this.keys = null;
    if (this.outputs.size > 0) this.outputs.clear();
    if (this.folders.size > 0) this.folders.clear();
  }

  input(name: string): Item | null {
    const [only] = this.#items;
    if (this.#items.length === 1 && only?.name === name) return only;
    return this.inputs().get(name) ?? null;
  }

  hasFolder(name: string): boolean {
    this.inputs();
    return this.folders.has(name) || this.#inputFolders?.has(name) === true;
  }

  /**
   * The input items by the names of their files. Items of one name, as several runs of one function make them, are
   * told apart by an ending: `a`, `a~2`, `a~3`.
   */
  inputs(): ReadonlyMap<string, Item> {
    if (this.#index !== null) return this.#index;
    const index = new Map<string, Item>();
    const folders = new Set<string>();
    const copies = new Map<string, number>();
    for (const item of this.#items) {
      let { name } = item;
      let copy = copies.get(name) ?? 1;
      while (index.has(name)) name = `${item.name}~${++copy}`;
      if (copy > 1) copies.set(item.name, copy);
      index.set(name, item);
      for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) folders.add(name.slice(0, slash));
    }
    this.#index = index;
    this.#inputFolders = folders;
    return index;
  }

  /** The text of the input items' keys: one for all who have it open. */
  inputKeys(): Uint8Array {
    return (this.#inputKeys ??= Buffer.from(keyLines(Array.from(this.inputs(), ([name, item]) => [name, item.key] as const))));
  }

  /** Names directly in the folder `folder` (empty: the set itself), and whether each is a folder. */
  children(folder: string): ReadonlyMap<string, boolean> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const found = new Map<string, boolean>();
    const add = (name: string, isFolder: boolean): void => {
      if (!name.startsWith(prefix) || name.length === prefix.length) return;
      const slash = name.indexOf('/', prefix.length);
      found.set(name.slice(prefix.length, slash === -1 ? undefined : slash), isFolder || slash !== -1);
    };
    for (const name of this.inputs().keys()) add(name, false);
    for (const name of this.folders) add(name, true);
    for (const name of this.outputs.keys()) add(name, false);
    return found;
  }
}
