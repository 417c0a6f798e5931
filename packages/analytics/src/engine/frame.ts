/**
 * The frame: a self-contained batch of rows as it travels between stages. Little-endian; every part starts at a
 * multiple of 8 bytes from the frame's start and is padded with whatever bytes; nothing in it is an address.
 *
 *   frame   magic u32 "PpF1" | schema u32 | length u32 (whole frame) | rows u32 | blocks u32 | 0 u32 | block*
 *   block   length u32 (whole block) | rows u32 (1 to 2048) | node*                   one node per column
 *   node    length u32 (whole node) | flags u32 (1: has validity) | [validity] | body
 *   validity  ceil(rows / 64) × u64, bit i set: row i is not NULL
 *   body of a type with
 *     fixed width   rows × width bytes, as DuckDB stores them: DECIMAL(15,2) is an i64, a BOOLEAN a byte
 *     strings       (rows + 1) × u32 offsets, the first 0, never falling | bytes
 *     lists, maps   rows × { offset u64, length u64 }, each beginning where the one before ends
 *                   | child rows u32 | 0 u32 | node
 *     arrays        node of rows × size rows
 *     structs       node*
 *     unions        node of the tags (u8) | node*
 *
 * `schema` is the CRC-32 of the column types, so that both sides agree on what the bytes mean. All lengths,
 * offsets, indexes and UTF-8 are checked on arrival, since native code will trust them; a frame that fails is
 * `corrupt-data`. There is no checksum: TCP and object stores have theirs, and one more would cost a third of the
 * decoding time. Blocks are at most DuckDB's vector size, so a reader never slices: a block in is a data chunk out.
 */
import { crc32 } from 'node:zlib';
import { AppError } from '@pappus/core';
import type { Frame } from '../exchange/transport.ts';
import { engineLimits } from './limits.ts';

export const frameMagic = 0x31467050;
export const frameHeaderBytes = 24;
export const blockHeaderBytes = 8;
export const nodeHeaderBytes = 8;
/** DuckDB's standard vector size. */
export const blockRows = 2048;
export const hasValidity = 1;

export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export const validityBytes = (rows: number): number => Math.ceil(rows / 64) * 8;

export const schemaOf = (signatures: readonly string[]): number => crc32(signatures.join(';'));

export interface FrameHeader {
  readonly schema: number;
  readonly rows: number;
  readonly blocks: number;
}

export const corrupt = (what: string): AppError => new AppError('corrupt-data', `a frame from another stage is damaged: ${what}`);

/** Writes a frame's header, once its body is in place. `bytes` is exactly the frame. */
export function sealFrame(bytes: Frame, header: FrameHeader): void {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, frameHeaderBytes / 4);
  words.set([frameMagic, header.schema, bytes.byteLength, header.rows, header.blocks, 0]);
}

/** Checks a whole frame as far as its header goes. The frame has to begin at a multiple of 8 in its buffer. */
export function openFrame(bytes: Frame, schema: number): FrameHeader {
  const length = bytes.byteLength;
  if (length < frameHeaderBytes) throw corrupt(`${length} bytes are shorter than its header`);
  if (length > engineLimits.frameMaximumBytes) throw corrupt(`${length} bytes are more than the limit`);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, frameHeaderBytes / 4);
  const word = (index: number): number => words[index] ?? 0;
  if (word(0) !== frameMagic) throw corrupt('it does not begin with the magic number of version 1');
  if (word(2) !== length) throw corrupt(`its header says ${word(2)} bytes, it has ${length}`);
  if (word(5) !== 0) throw corrupt('a word of its header that has to be 0 is not');
  if (word(1) !== schema) throw new AppError('protocol', 'a frame from another stage has other column types than this stage expects');
  return { schema, rows: word(3), blocks: word(4) };
}
