/** Reads the numbers and names of the WebAssembly binary format. A read beyond the end throws `MalformedModule`. */

export class MalformedModule extends Error {
  override readonly name = 'MalformedModule';
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new MalformedModule(`the module ends at ${this.at}`);
    return this.bytes[this.at++] as number;
  }

  u32(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new MalformedModule(`a number at ${this.at} is too long`);
  }

  /** Passes over a LEB128 number of any kind. */
  skipNumber(): void {
    for (let i = 0; i < 10; i++) if (this.byte() < 128) return;
    throw new MalformedModule(`a number at ${this.at} is too long`);
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new MalformedModule(`the module ends at ${this.end}`);
    this.at += count;
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return decoder.decode(this.bytes.subarray(start, this.at));
  }

  /** A value type; references to a type of the module have their index behind the first byte. */
  skipValueType(): number {
    const type = this.byte();
    if (type === 0x63 || type === 0x64) this.skipNumber();
    return type;
  }
}

/** The first byte behind the LEB128 number at `at`. */
export function afterNumber(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] as number) >= 128) end++;
  return end + 1;
}

const encoder = new TextEncoder();

/** LEB128 of an unsigned 32-bit number. */
export function u32Bytes(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return bytes;
}

/** LEB128 of a signed 32-bit number. */
export function i32Bytes(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && byte < 64) || (rest === -1 && byte >= 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

export function nameBytes(name: string): readonly number[] {
  const text = encoder.encode(name);
  return [...u32Bytes(text.length), ...text];
}
