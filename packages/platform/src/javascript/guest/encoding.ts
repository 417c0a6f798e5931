/** `TextEncoder` and `TextDecoder`, UTF-8 only; the work is done outside, since a loop in here takes 50 ns a byte. */
import type { Define, GuestHost, GuestPart } from './guest-host.ts';

declare const host: GuestHost;
declare const define: Define;

class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }

  encode(text: unknown = ''): Uint8Array {
    return host.encode(String(text).toWellFormed());
  }

  encodeInto(text: unknown, target: Uint8Array): { read: number; written: number } {
    const source = String(text).toWellFormed();
    const encoded = host.encode(source);
    if (encoded.length <= target.length) {
      target.set(encoded);
      return { read: source.length, written: encoded.length };
    }
    const cut = encoded.subarray(0, target.length);
    const whole = cut.subarray(0, cut.length - incompleteTail(cut));
    target.set(whole);
    return { read: (host.decode(whole, false) as string).length, written: whole.length };
  }
}

class TextDecoder {
  readonly encoding: string = 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest: Uint8Array = new Uint8Array(0);
  #atStart = true;

  constructor(label: unknown = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const names = ['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'];
    if (!names.includes(String(label).trim().toLowerCase())) throw new RangeError(`TextDecoder: the encoding "${String(label)}" is not there, only utf-8 is`);
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  decode(input?: unknown, options: { stream?: boolean } = {}): string {
    const bytes = this.#withRest(decodable(input));
    const kept = options.stream === true ? incompleteTail(bytes) : 0;
    this.#rest = bytes.slice(bytes.length - kept);
    const text = host.decode(kept === 0 ? bytes : bytes.subarray(0, bytes.length - kept), this.fatal);
    const atStart = this.#atStart;
    this.#atStart = options.stream !== true || (atStart && (text === null || text === ''));
    if (text === null) throw new TypeError('TextDecoder.decode: the bytes are not UTF-8');
    return atStart && !this.ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  #withRest(bytes: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return bytes;
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    return joined;
  }
}

function decodable(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError('TextDecoder.decode takes an ArrayBuffer or a view of one');
}

/** How many bytes at the end begin a character that is not complete. */
function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

export function installEncoding(): void {
  define('TextEncoder', TextEncoder);
  define('TextDecoder', TextDecoder);
}

export const encodingParts: readonly GuestPart[] = [TextEncoder, TextDecoder, decodable, incompleteTail, installEncoding];
