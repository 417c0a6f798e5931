/**
 * Native memory as seen from JavaScript: a scratch area with a known address for out-parameters and small
 * structs, and copies between addresses. Offsets are in bytes.
 */
import { assert } from '@pappus/core';
import { addressOf, loadLibrary, readCString, type DuckDb, type LoadedLibrary, type Pointer } from './bindings.ts';

const scratchBytes = 64 * 1024;
const high = 2 ** 32;

/** An ArrayBuffer whose address is known. Its memory never moves, and lives as long as this object. */
export class NativeBuffer {
  readonly buffer: ArrayBuffer;
  readonly address: Pointer;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(byteLength: number) {
    assert(byteLength % 8 === 0 && byteLength > 0, 'native buffers are whole 8-byte words');
    this.buffer = new ArrayBuffer(byteLength);
    this.address = addressOf(this.buffer);
    this.words = new Uint32Array(this.buffer);
    this.bytes = new Uint8Array(this.buffer);
  }

  pointerAt(offset: number): Pointer {
    const at = offset >>> 2;
    return (this.words[at] ?? 0) + (this.words[at + 1] ?? 0) * high;
  }

  setPointer(offset: number, value: Pointer): void {
    const at = offset >>> 2;
    this.words[at] = value % high;
    this.words[at + 1] = Math.floor(value / high);
  }
}

/** libduckdb with the scratch memory that its out-parameters need. One per thread. */
export class Native {
  readonly api: DuckDb;
  readonly copy: LoadedLibrary['copyMemory'];
  readonly noop: Pointer;
  readonly #scratch: NativeBuffer = new NativeBuffer(scratchBytes);

  constructor(path: string) {
    const loaded = loadLibrary(path);
    this.api = loaded.api;
    this.copy = loaded.copyMemory;
    this.noop = loaded.noop;
  }

  /** Calls with the address of an 8-byte cell and returns what the function left in it. */
  out(call: (cell: Pointer) => void): Pointer {
    this.#scratch.setPointer(0, 0);
    call(this.#scratch.address);
    return this.#scratch.pointerAt(0);
  }

  /** Calls one of C's `destroy` functions, which take the address of a handle. */
  destroy(destroy: (cell: Pointer) => void, handle: Pointer): void {
    if (handle === 0) return;
    this.#scratch.setPointer(8, handle);
    destroy(this.#scratch.address + 8);
  }

  /** Copies up to 64 KiB of native memory to where JavaScript can read it; valid until the next `peek`. */
  peek(address: Pointer, bytes: number): NativeBuffer {
    assert(bytes <= scratchBytes - 64, 'peek reads small structs only');
    this.copy(this.#scratch.address + 64, address, bytes);
    return this.#scratch;
  }

  /** A C string that we have to free. */
  takeString(address: Pointer): string | null {
    if (address === 0) return null;
    try {
      return readCString(address);
    } finally {
      this.api.free(address);
    }
  }
}

/** Where `peek` puts its bytes. */
export const peekOffset = 64;
