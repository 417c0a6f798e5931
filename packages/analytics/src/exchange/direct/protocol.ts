/**
 * The wire protocol of the direct exchange.
 *
 *   sender (producing worker)                        receiver (consuming worker)
 *      │── HELLO ────────────────────────────────────────►│   once a connection
 *      │── OPEN stream 7 = query q, edge 3, 0 → 2 ───────►│   one stream for each (edge, producer, consumer)
 *      │── DATA 7, DATA 7, DATA 9, … ────────────────────►│   streams interleave freely
 *      │◄──────────────────────────────────── CREDIT 7 ───│   these bytes are settled: send as many again
 *      │◄──────────────────────────────────── STOP 7 ─────│   the consumer wants no more; nothing but END matters
 *      │── END 7  or  ABORT 7 ───────────────────────────►│   the stream's number is not used again
 *
 * A worker dials one connection to each peer that it sends to and keeps it over stages and queries. Data flows
 * from the one who dialled; CREDIT and STOP flow back.
 *
 * A message is a header of 12 bytes, little-endian, and a payload:
 *
 *   ┌──────────┬─────────┬────────────────┬──────────────┬───────────────┐
 *   │ 'PX' (2) │ type (1)│ zero (1)       │ stream (4)   │ value (4)     │ payload (value bytes, if the type has one)
 *   └──────────┴─────────┴────────────────┴──────────────┴───────────────┘
 *
 *   type  name    stream  value                payload
 *   1     HELLO   0       protocol version     none
 *   2     OPEN    new     payload length       edge (4), producer (4), consumer (4), query id (UTF-8)
 *   3     DATA    open    payload length       one frame of rows
 *   4     END     open    0                    none
 *   5     ABORT   open    payload length       the error as JSON: code, message, retryable, hint
 *   6     CREDIT  open    bytes granted        none
 *   7     STOP    open    0                    none
 *
 * Flow control: each stream begins with STREAM_WINDOW_BYTES of credit. A sender may send a frame while its
 * credit is above zero, so that one frame larger than the window passes. The receiver returns credit as soon as
 * a frame is *settled*: within its memory budget, spilled, or taken by the reader. So a slow edge never holds
 * back another one on the same connection, and a sender can finish before its reader has begun, as long as the
 * spill budget lasts.
 *
 * Limits: frames MAX_FRAME_BYTES, control payloads MAX_CONTROL_BYTES, MAX_STREAMS_PER_CONNECTION open streams.
 * Garbage (a wrong mark, type, length, version or stream) ends the connection with `protocol`; it is logged once
 * and harms no other connection. A connection that ends before END or ABORT of a stream loses that stream's
 * worker (`worker-lost`).
 */
import { AppError, parseEdgeId, parseQueryId, type EdgeId, type ErrorCode, type QueryId } from '@pappus/core';
import { MAX_CONTROL_BYTES, MAX_FRAME_BYTES } from '../limits.ts';

export const PROTOCOL_VERSION = 1;
export const HEADER_BYTES = 12;
const MARK = 0x5850; // 'PX', little-endian

export const MESSAGE = { hello: 1, open: 2, data: 3, end: 4, abort: 5, credit: 6, stop: 7 } as const;
export type MessageType = (typeof MESSAGE)[keyof typeof MESSAGE];

export interface Header {
  readonly type: MessageType;
  readonly stream: number;
  readonly value: number;
}

/** The names of one stream's two ends. */
export interface StreamName {
  readonly query: QueryId;
  readonly edge: EdgeId;
  readonly producer: number;
  readonly consumer: number;
}

const protocolError = (message: string): AppError => new AppError('protocol', `direct exchange: ${message}`);

export function encodeHeader(type: MessageType, stream: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.writeUInt16LE(MARK, 0);
  bytes[2] = type;
  bytes[3] = 0;
  bytes.writeUInt32LE(stream, 4);
  bytes.writeUInt32LE(value, 8);
  return bytes;
}

/** Throws `protocol` on anything that no sender of ours can have written. */
export function decodeHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const type = view.getUint8(2);
  if (view.getUint16(0, true) !== MARK || view.getUint8(3) !== 0 || !isMessageType(type)) throw protocolError('garbage where a message header should be');
  const header: Header = { type, stream: view.getUint32(4, true), value: view.getUint32(8, true) };
  const limit = type === MESSAGE.data ? MAX_FRAME_BYTES : MAX_CONTROL_BYTES;
  if (payloadBytes(header) > limit) throw protocolError(`a payload of ${header.value} bytes, above the limit of ${limit}`);
  return header;
}

/** Length of the payload that follows a header. */
export function payloadBytes(header: Header): number {
  const { type, value } = header;
  return type === MESSAGE.data || type === MESSAGE.open || type === MESSAGE.abort ? value : 0;
}

function isMessageType(type: number): type is MessageType {
  return type >= MESSAGE.hello && type <= MESSAGE.stop;
}

export function encodeStreamName(name: StreamName): Buffer {
  const query = Buffer.from(name.query, 'utf8');
  const bytes = Buffer.allocUnsafe(12 + query.byteLength);
  bytes.writeUInt32LE(name.edge, 0);
  bytes.writeUInt32LE(name.producer, 4);
  bytes.writeUInt32LE(name.consumer, 8);
  query.copy(bytes, 12);
  return bytes;
}

export function decodeStreamName(payload: Uint8Array): StreamName {
  if (payload.byteLength < 13) throw protocolError(`an OPEN of ${payload.byteLength} bytes`);
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  try {
    const query = parseQueryId(bytes.toString('utf8', 12));
    return { query, edge: parseEdgeId(bytes.readUInt32LE(0)), producer: bytes.readUInt32LE(4), consumer: bytes.readUInt32LE(8) };
  } catch (thrown) {
    throw new AppError('protocol', 'direct exchange: an OPEN that names no stream', { cause: thrown });
  }
}

/** An error as it travels in ABORT; an overlong message is cut. */
export function encodeError(error: AppError): Buffer {
  const { code, message, retryable, hint } = error.toRecord();
  const short = (text: string): string => (text.length <= 2_000 ? text : `${text.slice(0, 2_000)} …`);
  return Buffer.from(JSON.stringify({ code, message: short(message), retryable, hint: hint === null ? null : short(hint) }), 'utf8');
}

const CODES: Readonly<Record<ErrorCode, true>> = {
  'invalid-argument': true,
  'not-found': true,
  'permission-denied': true,
  'corrupt-data': true,
  unsupported: true,
  unavailable: true,
  'deadline-exceeded': true,
  'resource-exhausted': true,
  cancelled: true,
  'worker-lost': true,
  protocol: true,
  internal: true,
};

export function decodeError(payload: Uint8Array): AppError {
  const value: unknown = parseJson(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw protocolError('an ABORT without an error');
  const { code, message, retryable, hint } = value as { code?: unknown; message?: unknown; retryable?: unknown; hint?: unknown };
  if (typeof code !== 'string' || !Object.hasOwn(CODES, code) || typeof message !== 'string') throw protocolError('an ABORT without an error');
  const record = { code: code as ErrorCode, message, retryable: retryable === true, hint: typeof hint === 'string' ? hint : null };
  return AppError.fromRecord(record);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
