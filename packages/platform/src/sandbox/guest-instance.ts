/** An instance of a guest's module for one run, and where such instances come from. */
import { MEMORY_IMPORT } from '../module/module-rewriting.ts';
import { webAssembly, type WasmExports, type WasmImports, type WasmMemory, type WasmModule } from '../module/web-assembly.ts';
import { MARKS_IMPORT } from '../module/write-marks.ts';
import type { MemoryPool, MemorySize } from './memory-pool.ts';
import type { WrittenBlocks } from './written-blocks.ts';

export interface GuestInstance {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly exports: WasmExports;
  /** As in `GuestCode`. */
  readonly written: WrittenBlocks | null;
}

/** What both ways of isolation need to make instances. */
export interface GuestCode {
  readonly module: WasmModule;
  /** What the module imports besides its memory. */
  readonly imports: WasmImports;
  /** The size for small inputs. */
  readonly memory: MemorySize;
  readonly pool: MemoryPool;
  /** Where it marks what it writes; null for a module that does not. */
  readonly written: WrittenBlocks | null;
}

/** Gives each run an instance whose state is that of a new one. */
export interface InstanceSource {
  /** For a run with so many bytes of input. */
  enter(inputBytes: number): GuestInstance;
  /** Ends the run: nothing that it left is there afterwards. */
  leave(): void;
  /** Bytes kept between runs. */
  readonly keptBytes: number;
  dispose(): void;
}

export function instantiate({ module, imports, written }: GuestCode, memory: WasmMemory): GuestInstance {
  const ours = { [MEMORY_IMPORT.name]: memory, ...(written === null ? {} : { [MARKS_IMPORT.name]: written.marks }) };
  const { exports } = new webAssembly.Instance(module, { ...imports, [MEMORY_IMPORT.module]: ours });
  return { module, memory, exports, written };
}
