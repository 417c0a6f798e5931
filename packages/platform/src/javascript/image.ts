/**
 * A function's prepared module: its state after its top level, as patches over the base image, and its bundle.
 *
 *   magic 'PAPJ', u16 format, u16 0, base id (16 ASCII bytes), u32 pages, u32 patches, u32 patch bytes,
 *   u32 length of the image part, u32 length of the bundle part, then both parts, deflated
 *   image part: patches × (u32 at, u32 length), then their bytes
 *
 * The bundle is there for the source map, and for an engine with another base, which evaluates it again.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { AppError } from '@pappus/core';
import { IMAGE_GAP_BYTES, MAX_BUNDLE_BYTES, MAX_IMAGE_BYTES, PAGE_BYTES } from './limits.ts';
import { type EngineState, IMAGE_START, type Patch, type QuickJsInstance } from './quickjs-instance.ts';

const MAGIC = 'PAPJ';
const FORMAT = 1;
const HEADER_BYTES = 44;
const BASE_ID_AT = 8;
const BASE_ID_BYTES = 16;
const PATCH_ENTRY_BYTES = 8;
const BLOCK_BYTES = 64;

export interface FunctionImage {
  readonly baseId: string;
  readonly pages: number;
  readonly patches: readonly Patch[];
  /** Deflated. */
  readonly bundle: Uint8Array;
}

/** What differs from `base` in the instance's memory above the stack. */
export function differences(instance: QuickJsInstance, base: EngineState): readonly Patch[] {
  const end = instance.pages * PAGE_BYTES;
  const now = instance.bytes.subarray(IMAGE_START, end);
  const before = Buffer.alloc(now.length);
  before.set(base.heap);
  const patches: Patch[] = [];
  let from = -1;
  let to = -1;
  const close = (): void => {
    if (from >= 0) patches.push({ at: IMAGE_START + from, bytes: new Uint8Array(now.subarray(from, to)) });
  };
  for (let at = 0; at < now.length; at += BLOCK_BYTES) {
    const blockEnd = at + BLOCK_BYTES;
    if (now.compare(before, at, blockEnd, at, blockEnd) === 0) continue;
    if (from < 0 || at - to > IMAGE_GAP_BYTES) {
      close();
      from = at;
    }
    to = blockEnd;
  }
  close();
  return patches;
}

export const patchBytes = (patches: readonly Patch[]): number => patches.reduce((sum, { bytes }) => sum + bytes.length, 0);

export function encodeImage(baseId: string, pages: number, patches: readonly Patch[], bundle: Uint8Array): Uint8Array {
  const table = Buffer.alloc(patches.length * PATCH_ENTRY_BYTES);
  patches.forEach(({ at, bytes }, index) => {
    table.writeUInt32LE(at, index * PATCH_ENTRY_BYTES);
    table.writeUInt32LE(bytes.length, index * PATCH_ENTRY_BYTES + 4);
  });
  const image = deflateRawSync(Buffer.concat([table, ...patches.map(({ bytes }) => bytes)]));
  const deflatedBundle = deflateRawSync(bundle);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt16LE(FORMAT, 4);
  header.write(baseId, BASE_ID_AT, BASE_ID_BYTES, 'latin1');
  [pages, patches.length, patchBytes(patches), image.length, deflatedBundle.length].forEach((value, index) => header.writeUInt32LE(value, 24 + index * 4));
  return new Uint8Array(Buffer.concat([header, image, deflatedBundle]));
}

export function decodeImage(bytes: Uint8Array): FunctionImage {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEADER_BYTES || buffer.toString('latin1', 0, 4) !== MAGIC || buffer.readUInt16LE(4) !== FORMAT) throw broken('it does not begin as one');
  const [pages = 0, count = 0, patchTotal = 0, imageLength = 0, bundleLength = 0] = Array.from({ length: 5 }, (_, index) => buffer.readUInt32LE(24 + index * 4));
  if (patchTotal > MAX_IMAGE_BYTES || buffer.length !== HEADER_BYTES + imageLength + bundleLength) throw broken('its lengths do not add up');
  const imageEnd = HEADER_BYTES + imageLength;
  const image = inflated(buffer.subarray(HEADER_BYTES, imageEnd), count * PATCH_ENTRY_BYTES + patchTotal);
  if (image.length !== count * PATCH_ENTRY_BYTES + patchTotal) throw broken('its image is too short');
  return {
    baseId: buffer.toString('latin1', BASE_ID_AT, BASE_ID_AT + BASE_ID_BYTES),
    pages,
    patches: readPatches(image, count, pages),
    bundle: buffer.subarray(imageEnd),
  };
}

export const bundleOf = (image: FunctionImage): Uint8Array => inflated(image.bundle, MAX_BUNDLE_BYTES);

function readPatches(image: Buffer, count: number, pages: number): readonly Patch[] {
  const patches: Patch[] = [];
  let next = count * PATCH_ENTRY_BYTES;
  for (let index = 0; index < count; index++) {
    const at = image.readUInt32LE(index * PATCH_ENTRY_BYTES);
    const length = image.readUInt32LE(index * PATCH_ENTRY_BYTES + 4);
    if (at < IMAGE_START || at + length > pages * PAGE_BYTES || next + length > image.length) throw broken('a patch lies outside of it');
    patches.push({ at, bytes: new Uint8Array(image.subarray(next, next + length)) });
    next += length;
  }
  return patches;
}

function inflated(bytes: Uint8Array, maximum: number): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, maximum) });
  } catch (cause) {
    throw broken('a part of it does not inflate', cause);
  }
}

const broken = (why: string, cause?: unknown): AppError =>
  new AppError('corrupt-data', `a prepared JavaScript function can't be read: ${why}`, { cause, hint: 'deploy the function again' });
