/** The oracle: a module as it was written, in a new instance of the engine for each run, with nothing of ours between. */
import { webAssembly, type WasmMemory } from '../../module/web-assembly.ts';

/** Gives the input `word` as the only item of the only set to a lean module; the answer is its output's first word, or a trap. */
export function runPlainly(code: Uint8Array, word: number): number | 'trap' {
  const { exports } = new webAssembly.Instance(new webAssembly.Module(code), {});
  const memory = exports['memory'] as WasmMemory;
  const allocate = exports['pappus_alloc'] as (bytes: number) => number;
  const run = exports['pappus_run'] as (input: number) => number;
  try {
    const at = allocate(LAYOUT_BYTES);
    // As `lean-layout.ts` lays out one set `in` with one item `w`: tables, names, data.
    const words = [at + 8, 1, at + 44, 2, at + 24, 1, at + 46, 1, 0, at + 48, 4];
    const view = new DataView(memory.buffer);
    for (const [index, each] of words.entries()) view.setUint32(at + index * 4, each, true);
    Buffer.from(memory.buffer).write('inw', at + 44, 'latin1');
    view.setUint32(at + 48, word, true);
    const output = run(at);
    const after = new DataView(memory.buffer);
    const item = after.getUint32(after.getUint32(output, true) + 8, true);
    return after.getUint32(after.getUint32(item + 12, true), true);
  } catch (thrown) {
    if (thrown instanceof webAssembly.RuntimeError) return 'trap';
    throw thrown;
  }
}

const LAYOUT_BYTES = 80;
