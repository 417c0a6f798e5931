/** An instance of a guest's module for one run, and where such instances come from. */
import { AppError } from '@pappus/core';
import { ENTRY_EXPORT } from '../module/guest-entry.ts';
import { MEMORY_IMPORT } from '../module/module-rewriting.ts';
import { webAssembly, type WasmFunction, type WasmImports, type WasmMemory, type WasmModule } from '../module/web-assembly.ts';
import { MARKS_IMPORT } from '../module/write-marks.ts';
import type { MemoryPool, MemorySize, PooledMemory } from './memory-pool.ts';
import type { WrittenBlocks } from './written-blocks.ts';

export interface GuestInstance extends PooledMemory {
  readonly module: WasmModule;
  /** The entry of the module (`module/guest-entry.ts`). */
  readonly enter: WasmFunction;
  /** As in `GuestCode`. */
  readonly written: WrittenBlocks | null;
}

export interface GuestCodeParts {
  readonly module: WasmModule;
  /** What the module imports besides its memory. */
  readonly imports: WasmImports;
  /** The size for small inputs. */
  readonly memory: MemorySize;
  /** Of all tables of an instance. */
  readonly tableEntries: number;
  readonly pool: MemoryPool;
  /** Where it marks what it writes; null for a module that does not. */
  readonly written: WrittenBlocks | null;
}

/** On the heap. */
const TABLE_ENTRY_BYTES = 24;

/** What both ways of isolation need to make instances. */
export class GuestCode {
  readonly memory: MemorySize;
  /** Of each instance. */
  readonly tableBytes: number;
  readonly pool: MemoryPool;
  readonly written: WrittenBlocks | null;
  readonly #module: WasmModule;
  /** What every instance imports. Our part gets another memory before each. */
  readonly #imports: WasmImports;
  readonly #own: Record<string, WasmMemory | undefined>;

  constructor({ module, imports, memory, tableEntries, pool, written }: GuestCodeParts) {
    this.memory = memory;
    this.tableBytes = tableEntries * TABLE_ENTRY_BYTES;
    this.pool = pool;
    this.written = written;
    this.#module = module;
    this.#own = written === null ? {} : { [MARKS_IMPORT.name]: written.marks };
    this.#imports = { ...imports, [MEMORY_IMPORT.module]: this.#own };
  }

  instantiate({ memory, bytes, buffer, view }: PooledMemory): GuestInstance {
    this.#own[MEMORY_IMPORT.name] = memory;
    const enter = new webAssembly.Instance(this.#module, this.#imports).exports[ENTRY_EXPORT];
    this.#own[MEMORY_IMPORT.name] = undefined; // a memory that has grown is nobody's after its run
    if (typeof enter !== 'function') {
      throw new AppError('corrupt-data', 'a module was prepared for another version of the platform', { hint: 'Deploy the function again: that prepares it anew.' });
    }
    return { module: this.#module, memory, bytes, buffer, view, enter, written: this.written };
  }
}

/** Gives each run an instance whose state is that of a new one. */
export interface InstanceSource {
  /** For a run with so many bytes of input. */
  enter(inputBytes: number): GuestInstance;
  /** The guest has ended, and its memory is looked at for a while: that is not the run's time. */
  ended?(): void;
  /** Ends the run: nothing that it left is there afterwards. */
  leave(): void;
  /** Bytes kept between runs. */
  readonly keptBytes: number;
  /** As in `Sandbox`. */
  rest(): void;
  wake(): void;
}
