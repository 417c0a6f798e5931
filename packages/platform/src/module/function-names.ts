/** Names of functions from the name section of a module: read only when a trap is reported. */
import { ByteReader } from './byte-reader.ts';

const FUNCTION_NAMES = 1;
const MAX_SHOWN_CHARS = 200;

/** The name of function `index` in the content of a name section, or null. Garbage has no names. */
export function functionName(section: Uint8Array, index: number): string | null {
  try {
    const reader = new ByteReader(section, 0, section.length);
    while (!reader.done) {
      const id = reader.byte();
      const size = reader.u32();
      if (id === FUNCTION_NAMES) return nameIn(new ByteReader(section, reader.at, reader.at + size), index);
      reader.skip(size);
    }
  } catch {
    // Names are only for the reader of a report: a broken section is as good as none.
  }
  return null;
}

function nameIn(reader: ByteReader, index: number): string | null {
  for (let count = reader.u32(); count > 0; count--) {
    const each = reader.u32();
    if (each === index) return reader.name().slice(0, MAX_SHOWN_CHARS);
    reader.skip(reader.u32());
  }
  return null;
}
