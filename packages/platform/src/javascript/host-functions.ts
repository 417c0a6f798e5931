/**
 * What guest code may ask of the outside: text to and from UTF-8, URLs by the standard, lines for the log, and random
 * bytes where they are declared. All but the last are pure, and nothing is kept from one call to the next.
 */
import { isUtf8 } from 'node:buffer';
import type { Clock, Random } from '@pappus/core';
import { allocate, boxed, bytesRange, freeText, newString, readString, type Scratch, stringRange } from './guest-values.ts';
import { MAX_RANDOM_BYTES } from './limits.ts';
import type { LogSink } from './log-sink.ts';
import type { Address, Box } from './quickjs-exports.ts';
import type { HostCalls, QuickJsInstance } from './quickjs-instance.ts';

export interface HostServices {
  readonly clock: Clock | null;
  readonly random: Random | null;
}

/** In the order in which the prelude's `URL` keeps them. */
const URL_PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'] as const;
const SETTABLE: readonly string[] = URL_PARTS.filter((part) => part !== 'origin');

const LOG = 'l'.charCodeAt(0);
const DECODE = 'd'.charCodeAt(0);
const ENCODE = 'e'.charCodeAt(0);
const PARSE_URL = 'u'.charCodeAt(0);
const RANDOM = 'r'.charCodeAt(0);

const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export function hostFunctions(services: HostServices, log: LogSink, scratch: () => Scratch): HostCalls {
  const { clock, random } = services;
  return {
    clockNs: (monotonic) => (clock === null ? 0n : BigInt(Math.round((monotonic ? clock.nowMs() : clock.wallMs()) * 1e6))),
    call(instance, letter, count, args) {
      const call: Call = { instance, count, args, scratch: scratch() };
      switch (letter) {
        case LOG:
          return writeLog(call, log);
        case DECODE:
          return decode(call);
        case ENCODE:
          return encode(call);
        case PARSE_URL:
          return parseUrl(call);
        case RANDOM:
          return takeRandom(call, random);
        default:
          return instance.exports.qjs_get_undefined();
      }
    },
  };
}

interface Call {
  readonly instance: QuickJsInstance;
  readonly count: number;
  readonly args: Address;
  readonly scratch: Scratch;
}

const argument = ({ instance, count, args }: Call, index: number): Box | null => (index < count ? instance.u32(args + index * 4) : null);

function textArgument(call: Call, index: number): string | null {
  const box = argument(call, index);
  return box === null || call.instance.exports.qjs_is_undefined(box) !== 0 ? null : readString(call.instance, box, call.scratch);
}

function writeLog(call: Call, log: LogSink): Box {
  const { instance } = call;
  const stream = argument(call, 0);
  const box = argument(call, 1);
  const range = box === null ? null : stringRange(instance, box, call.scratch);
  if (stream !== null && range !== null) {
    log.line(instance.exports.qjs_get_float64(stream) === 1 ? 'stderr' : 'stdout', instance.bytes.subarray(range.at, range.at + range.length));
  }
  if (range !== null) freeText(instance, range);
  return instance.exports.qjs_get_undefined();
}

function decode(call: Call): Box {
  const { instance } = call;
  const box = argument(call, 0);
  const range = box === null ? null : bytesRange(instance, box, call.scratch);
  if (range === null) return instance.exports.qjs_get_null();
  const bytes = instance.bytes.subarray(range.at, range.at + range.length);
  if (isUtf8(bytes)) return boxed(instance.exports.qjs_new_string(range.at, range.length));
  const fatal = argument(call, 1);
  if (fatal !== null && instance.exports.qjs_get_float64(fatal) === 1) return instance.exports.qjs_get_null();
  return newString(instance, lenient.decode(bytes));
}

function encode(call: Call): Box {
  const { instance } = call;
  const box = argument(call, 0);
  const range = box === null ? null : stringRange(instance, box, call.scratch);
  if (range === null) return instance.exports.qjs_get_null();
  const made = instance.exports.qjs_new_uint8_array(range.at, range.length);
  freeText(instance, range);
  return boxed(made);
}

function parseUrl(call: Call): Box {
  const { instance } = call;
  const input = textArgument(call, 0) ?? '';
  const base = textArgument(call, 1);
  const part = textArgument(call, 2);
  const value = textArgument(call, 3) ?? '';
  try {
    const url = base === null ? new URL(input) : new URL(input, base);
    if (part !== null && SETTABLE.includes(part)) Object.assign(url, { [part]: value });
    return newString(instance, URL_PARTS.map((name) => url[name]).join('\n'));
  } catch (thrown) {
    if (thrown instanceof TypeError) return instance.exports.qjs_get_null();
    throw thrown;
  }
}

function takeRandom(call: Call, random: Random | null): Box {
  const { instance } = call;
  const box = argument(call, 0);
  const length = box === null ? 0 : instance.exports.qjs_get_float64(box);
  if (random === null || !(length >= 0 && length <= MAX_RANDOM_BYTES)) return instance.exports.qjs_get_null();
  const at = allocate(instance, length + 1);
  for (let i = 0; i < length; i += 1) instance.bytes[at + i] = random.uint32() & 0xff;
  const made = instance.exports.qjs_new_uint8_array(at, length);
  instance.exports.wasm_free(at);
  return boxed(made);
}
