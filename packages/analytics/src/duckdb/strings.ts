/**
 * Strings in and out of vectors without touching a row in JavaScript. DuckDB keeps a string as 16 bytes that hold
 * it or point to it; only its own Arrow conversion packs and unpacks these natively. On the way in the strings of
 * the temporary vector point into the frame: the caller has to copy them to a vector of its own, so that nothing in
 * DuckDB points into a frame once that is decoded.
 */
import { AppError } from '@pappus/core';
import { functionAt, type Pointer } from './bindings.ts';
import { NativeBuffer, peekOffset, type Native } from './memory.ts';

/** `duckdb_type` of the C API. */
const varchar = 17;
const blob = 18;
type StringType = typeof varchar | typeof blob;

const arraySize = 80;
const schemaSize = 72;

/** Byte offsets in the C struct ArrowArray. */
const at = { length: 0, nullCount: 8, bufferCount: 24, childCount: 32, buffers: 40, children: 48, release: 64 } as const;
const schemaRelease = 56;

export interface EncodedStrings {
  /** rows + 1 offsets of 4 bytes; the first is 0. */
  readonly offsets: Pointer;
  readonly bytes: Pointer;
  readonly byteLength: number;
}

export class StringCodec {
  readonly #native: Native;
  readonly #connection: Pointer;
  readonly #options: Pointer;
  readonly #schema: Pointer;
  /** A chunk of one column that borrows the vector to encode. */
  readonly #chunk: Pointer;
  readonly #vector: Pointer;
  readonly #encoded: NativeBuffer = new NativeBuffer(arraySize);
  readonly #array: ArrowStrings;
  #release: ((array: Pointer) => void) | null = null;

  constructor(native: Native, connection: Pointer, stringType: StringType) {
    const { api } = native;
    this.#native = native;
    this.#connection = connection;
    this.#options = native.out((cell) => api.connectionArrowOptions(connection, cell));
    const type = new NativeBuffer(8);
    type.setPointer(0, api.createLogicalType(stringType));
    this.#schema = stringSchema(native, connection, this.#options, type);
    this.#chunk = api.createDataChunk(type.address, 1);
    this.#vector = api.dataChunkVector(this.#chunk, 0);
    this.#array = new ArrowStrings(native.noop);
    api.destroyLogicalType(type.address);
  }

  /** Packs the strings of a flat vector; what `use` receives is gone when it returns. */
  encode(vector: Pointer, rows: number, use: (strings: EncodedStrings) => void): void {
    const native = this.#native;
    native.api.vectorReferenceVector(this.#vector, vector);
    native.api.dataChunkSetSize(this.#chunk, rows);
    const array = this.#encoded;
    checkError(native, native.api.dataChunkToArrow(this.#options, this.#chunk, array.address));
    try {
      const child = native.peek(array.pointerAt(at.children), 8).pointerAt(peekOffset);
      const buffers = native.peek(child, arraySize).pointerAt(peekOffset + at.buffers);
      const list = native.peek(buffers, 24);
      const offsets = list.pointerAt(peekOffset + 8);
      const bytes = list.pointerAt(peekOffset + 16);
      const byteLength = native.peek(offsets + rows * 4, 4).words[peekOffset / 4] ?? 0;
      use({ offsets, bytes, byteLength });
    } finally {
      this.#release ??= functionAt(array.pointerAt(at.release));
      this.#release(array.address);
    }
  }

  /** Unpacks strings to a temporary vector, whose strings point into `strings.bytes`. `validity` is 0 when no row is NULL. */
  decode(rows: number, validity: Pointer, strings: Omit<EncodedStrings, 'byteLength'>, use: (vector: Pointer) => void): void {
    const native = this.#native;
    const array = this.#array.fill(rows, validity, strings.offsets, strings.bytes);
    const chunk = native.out((cell) => {
      checkError(native, native.api.dataChunkFromArrow(this.#connection, array, this.#schema, cell));
    });
    try {
      use(native.api.dataChunkVector(chunk, 0));
    } finally {
      native.destroy(native.api.destroyDataChunk, chunk);
    }
  }

  close(): void {
    const { api } = this.#native;
    this.#native.destroy(api.destroyDataChunk, this.#chunk);
    this.#native.destroy(api.destroyArrowConvertedSchema, this.#schema);
    this.#native.destroy(api.destroyArrowOptions, this.#options);
  }

}

/** The C structs of a record batch with one column of strings, filled anew for each batch. */
class ArrowStrings {
  readonly #memory: NativeBuffer = new NativeBuffer(256);
  readonly #noop: Pointer;
  static readonly #child = 80;
  static readonly #childList = 160;
  static readonly #rootBuffers = 168;
  static readonly #childBuffers = 176;

  constructor(noop: Pointer) {
    this.#noop = noop;
  }

  fill(rows: number, validity: Pointer, offsets: Pointer, bytes: Pointer): Pointer {
    const memory = this.#memory;
    const base = memory.address;
    memory.words.fill(0);
    memory.setPointer(at.length, rows);
    memory.setPointer(at.bufferCount, 1);
    memory.setPointer(at.childCount, 1);
    memory.setPointer(at.buffers, base + ArrowStrings.#rootBuffers);
    memory.setPointer(at.children, base + ArrowStrings.#childList);
    memory.setPointer(at.release, this.#noop);
    memory.setPointer(ArrowStrings.#childList, base + ArrowStrings.#child);
    const child = ArrowStrings.#child;
    memory.setPointer(child + at.length, rows);
    memory.setPointer(child + at.nullCount, validity === 0 ? 0 : 1);
    memory.setPointer(child + at.bufferCount, 3);
    memory.setPointer(child + at.buffers, base + ArrowStrings.#childBuffers);
    memory.setPointer(child + at.release, this.#noop);
    memory.setPointer(ArrowStrings.#childBuffers, validity);
    memory.setPointer(ArrowStrings.#childBuffers + 8, offsets);
    memory.setPointer(ArrowStrings.#childBuffers + 16, bytes);
    return base;
  }
}

function stringSchema(native: Native, connection: Pointer, options: Pointer, type: NativeBuffer): Pointer {
  const name = new NativeBuffer(8);
  const names = new NativeBuffer(8);
  names.setPointer(0, name.address);
  const schema = new NativeBuffer(schemaSize);
  checkError(native, native.api.toArrowSchema(options, type.address, names.address, 1, schema.address));
  try {
    return native.out((cell) => {
      checkError(native, native.api.schemaFromArrow(connection, schema.address, cell));
    });
  } finally {
    const release = schema.pointerAt(schemaRelease);
    if (release !== 0) functionAt(release)(schema.address);
  }
}

function checkError(native: Native, error: Pointer): void {
  if (error === 0) return;
  const message = native.api.errorDataMessage(error) ?? 'no reason given';
  native.destroy(native.api.destroyErrorData, error);
  throw new AppError('internal', `DuckDB's Arrow conversion failed: ${message}`);
}

export class StringCodecs {
  readonly text: StringCodec;
  readonly bytes: StringCodec;

  constructor(native: Native, connection: Pointer) {
    this.text = new StringCodec(native, connection, varchar);
    this.bytes = new StringCodec(native, connection, blob);
  }

  close(): void {
    this.text.close();
    this.bytes.close();
  }
}
