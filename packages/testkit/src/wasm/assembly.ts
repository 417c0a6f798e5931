/** WebAssembly modules from text. */
import loadWabt from 'wabt';

const FEATURES = { exceptions: true, tail_call: true, simd: true, bulk_memory: true, reference_types: true, threads: true, multi_memory: true, memory64: true, extended_const: true };

/** The module with a name section. */
export async function assembleWasm(text: string): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const module = wabt.parseWat('module.wat', text, FEATURES);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** The same program as a module of other content: with a custom section that holds `variant`. */
export function wasmVariant(code: Uint8Array, variant: number): Uint8Array {
  const section = new Uint8Array(8);
  section.set([0, 6, 1, 0x76]); // custom section of 6 bytes, its name "v"
  new DataView(section.buffer).setUint32(4, variant, true);
  const whole = new Uint8Array(code.length + section.length);
  whole.set(code);
  whole.set(section, code.length);
  return whole;
}
