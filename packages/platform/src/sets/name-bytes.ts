/**
 * Names to and from UTF-8. Most are short and ASCII: a loop is then several times faster than the call into the
 * encoder, and names are read and written for every item of every run.
 */
const LOOP_BYTES = 32;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text in `length` bytes from `at`, or null when they are not UTF-8. The range must lie within `bytes`. */
export function readName(bytes: Buffer, at: number, length: number): string | null {
  const end = at + length;
  if (length <= LOOP_BYTES) {
    let text = '';
    let i = at;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte > 127) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  try {
    return decoder.decode(bytes.subarray(at, end));
  } catch {
    return null;
  }
}

/** Writes `name`, whose UTF-8 has `length` bytes, to `at`. */
export function writeName(bytes: Buffer, at: number, name: string, length: number): void {
  if (length > LOOP_BYTES || length !== name.length) {
    bytes.write(name, at, length, 'utf8');
    return;
  }
  // As many bytes as characters: ASCII.
  for (let i = 0; i < length; i++) bytes[at + i] = name.charCodeAt(i);
}
