/**
 * The part of the WebAssembly JavaScript interface that sandboxes use. Node has it; its types come only with a browser's
 * whole library, which would make names such as `document` look as if they existed here.
 */

export type WasmValue = number | bigint;
export type WasmFunction = (...values: readonly WasmValue[]) => WasmValue | undefined;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmGlobal {
  value: WasmValue;
}

/** A compiled module; it has no members. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module';
}

export type WasmExports = Readonly<Record<string, WasmFunction | WasmMemory | WasmGlobal | undefined>>;
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface WasmInstance {
  readonly exports: WasmExports;
}

interface WasmInterface {
  readonly Module: { new (bytes: Uint8Array): WasmModule; customSections(module: WasmModule, name: string): ArrayBuffer[] };
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly RuntimeError: new (message?: string) => Error;
  readonly LinkError: new (message?: string) => Error;
  readonly Exception: new (tag: never, payload: never) => object;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
}

export const webAssembly: WasmInterface = (globalThis as unknown as { readonly WebAssembly: WasmInterface }).WebAssembly;
