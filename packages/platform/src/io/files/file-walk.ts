/** Finds the files that fit a pattern, in the order of their names. Folders are not entered through symbolic links. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@pappus/core';
import { MAX_FILE_PATTERN_PARTS, MAX_VISITED_ENTRIES } from '../limits.ts';
import { fileProblem, isOfOneFile } from './file-problem.ts';
import { nameFits, type FilePattern } from './file-pattern.ts';

export interface WalkBudget {
  /** Directory entries that may still be looked at. */
  entries: number;
  /** Files that may still be found. */
  files: number;
}

export class FileWalk {
  readonly #root: string;
  readonly #budget: WalkBudget;
  readonly #signal: AbortSignal;
  /** A file fits a pattern with `**` in more than one way. */
  readonly #found = new Set<string>();

  constructor(root: string, budget: WalkBudget, signal: AbortSignal) {
    this.#root = root;
    this.#budget = budget;
    this.#signal = signal;
  }

  /** Paths relative to the root. */
  async find(pattern: FilePattern): Promise<readonly string[]> {
    await this.#enter('', pattern.parts);
    return [...this.#found].sort();
  }

  async #enter(folder: string, parts: readonly string[]): Promise<void> {
    const [part, ...rest] = parts;
    if (part === undefined) return;
    if (part === '**' && rest.length > 0) await this.#enter(folder, rest);
    if (depth(folder) >= MAX_FILE_PATTERN_PARTS) return;
    for (const entry of await this.#list(folder)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (part === '**') {
        if (entry.name.startsWith('.')) continue;
        if (entry.isDirectory()) await this.#enter(path, parts);
        else if (rest.length === 0) this.#take(path, entry);
      } else if (nameFits(part, entry.name)) {
        if (rest.length === 0) this.#take(path, entry);
        else if (entry.isDirectory()) await this.#enter(path, rest);
      }
    }
  }

  #take(path: string, entry: Dirent): void {
    if ((!entry.isFile() && !entry.isSymbolicLink()) || this.#found.has(path)) return;
    if (this.#budget.files-- <= 0) throw new AppError('resource-exhausted', 'the patterns fit more files than one run may read');
    this.#found.add(path);
  }

  async #list(folder: string): Promise<readonly Dirent[]> {
    this.#signal.throwIfAborted();
    try {
      const entries = await readdir(join(this.#root, folder), { withFileTypes: true });
      this.#budget.entries -= entries.length;
      if (this.#budget.entries < 0) throw new AppError('resource-exhausted', `the patterns look at more than ${MAX_VISITED_ENTRIES} directory entries`, { hint: 'name the folder in the pattern instead of **' });
      return entries;
    } catch (thrown) {
      // a folder in it that has gone since it was listed, or that may not be read, has nothing that fits
      const problem = fileProblem(thrown, folder === '' ? 'the folder' : folder);
      if (folder !== '' && isOfOneFile(problem)) return [];
      throw problem;
    }
  }
}

const depth = (folder: string): number => (folder === '' ? 0 : folder.split('/').length);
