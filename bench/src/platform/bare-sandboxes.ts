/** Ways to fresh state that WebAssembly has by itself, without any interface around them: an instance, and one call that stores and loads. */
import { assembleWasm } from '@pappus/testkit';

const BODY = `
  (func (export "run") (param i32 i32) (result i32)
    (i32.store (i32.const 2048) (local.get 0))
    (i32.add (i32.load (i32.const 2048)) (local.get 1)))
  (data (i32.const 1024) "hello world data segment")`;
const PAGE = { initial: 1, maximum: 1 };

type Run = (a: number, b: number) => number;

/** Part of the JavaScript that Node runs; the types of the library do not have it without the DOM. */
interface WasmGlobal {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: Run } };
  readonly Memory: new (size: typeof PAGE) => { readonly buffer: ArrayBuffer };
}

export interface BareWay {
  readonly name: string;
  run(): void;
}

/** The slowest first. */
export async function bareWays(): Promise<readonly BareWay[]> {
  const { Module, Instance, Memory } = (globalThis as unknown as { WebAssembly: WasmGlobal }).WebAssembly;
  const own = new Module(await assembleWasm(`(module (memory 1 1) ${BODY})`));
  const imported = new Module(await assembleWasm(`(module (import "env" "memory" (memory 1 1)) ${BODY})`));
  const memory = new Memory(PAGE);
  const bytes = new Uint8Array(memory.buffer);
  const kept = new Instance(imported, { env: { memory } }).exports.run;
  const checked = (run: Run): void => {
    if (run(1, 2) !== 3) throw new Error('1 + 2 is not 3');
  };
  return [
    { name: 'own memory, new instance', run: () => checked(new Instance(own, {}).exports.run) },
    {
      name: 'zeroed memory, new instance',
      run: () => {
        bytes.fill(0);
        checked(new Instance(imported, { env: { memory } }).exports.run);
      },
    },
    {
      name: 'kept instance, zeroed memory',
      run: () => {
        bytes.fill(0);
        checked(kept);
      },
    },
  ];
}
