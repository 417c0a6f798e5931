/**
 * Items to and from the memory that the host sees. A frame is 32-bit little-endian words, then bytes:
 *
 *   [where the bytes begin] then for each set, in the order of the declaration:
 *     [items] then for each item: [length of its name in UTF-16 units] [key] [length of its data]
 *
 * The names of all items stand in one string, one after the other. The data of an item shorter than `ownBufferBytes`
 * follows the words, the others travel as buffers of their own, in order. A frame that fits lies in the inbox or the
 * outbox, which are always there.
 */
import type { InputItem } from '../function-types.ts';
import type { GuestHost, GuestPart, GuestSizes } from './guest-host.ts';

declare const host: GuestHost;
declare const sizes: GuestSizes;

export interface DataItem {
  readonly name: string;
  readonly key: number;
  readonly data: Uint8Array;
}

/** Only indices and lengths are used of arrays: a program may have changed what is on their prototypes. */
export class Mailbox {
  readonly buffer: ArrayBuffer = new ArrayBuffer(sizes.mailboxBytes);
  readonly #words = new Uint32Array(this.buffer);
  readonly #bytes = new Uint8Array(this.buffer);

  /** `frame`: one that was too long for the mailbox. */
  read(frame: ArrayBuffer | undefined, names: string, own: readonly ArrayBuffer[], sets: number): readonly (readonly InputItem[])[] {
    const words = frame === undefined ? this.#words : new Uint32Array(frame);
    const bytes = frame === undefined ? this.#bytes : new Uint8Array(frame);
    const result: InputItem[][] = [];
    let word = 1;
    let at = words[0] as number;
    let nameAt = 0;
    let nextOwn = 0;
    for (let set = 0; set < sets; set++) {
      const items: InputItem[] = [];
      const count = words[word++] as number;
      for (let i = 0; i < count; i++) {
        const nameEnd = nameAt + (words[word] as number);
        const length = words[word + 2] as number;
        const isOwn = length >= sizes.ownBufferBytes;
        const data = isOwn ? new Uint8Array(own[nextOwn++] as ArrayBuffer) : bytes.slice(at, at + length);
        if (!isOwn) at += length;
        items[i] = new Item(names.substring(nameAt, nameEnd), words[word + 1] as number, data);
        word += 3;
        nameAt = nameEnd;
      }
      result[set] = items;
    }
    return result;
  }

  /** The names when all fits into the mailbox, else an array: names, frame or null, own buffers. */
  write(sets: readonly (readonly DataItem[])[]): unknown {
    const { dataAt, frameBytes } = this.#measure(sets);
    const fits = frameBytes <= sizes.mailboxBytes;
    const bytes = fits ? this.#bytes : new Uint8Array(frameBytes);
    const words = fits ? this.#words : new Uint32Array(bytes.buffer);
    const own: Uint8Array[] = [];
    let names = '';
    let word = 1;
    let at = dataAt;
    words[0] = dataAt;
    for (let set = 0; set < sets.length; set++) {
      const items = sets[set] as readonly DataItem[];
      words[word++] = items.length;
      for (let i = 0; i < items.length; i++) {
        const { name, key, data } = items[i] as DataItem;
        names += name;
        words[word] = name.length;
        words[word + 1] = key;
        words[word + 2] = data.length;
        word += 3;
        if (data.length >= sizes.ownBufferBytes) own[own.length] = data;
        else {
          bytes.set(data, at);
          at += data.length;
        }
      }
    }
    return fits && own.length === 0 ? names : [names, fits ? null : bytes, ...own];
  }

  #measure(sets: readonly (readonly DataItem[])[]): { readonly dataAt: number; readonly frameBytes: number } {
    let words = 1 + sets.length;
    let data = 0;
    for (let set = 0; set < sets.length; set++) {
      const items = sets[set] as readonly DataItem[];
      words += items.length * 3;
      for (let i = 0; i < items.length; i++) {
        const { length } = (items[i] as DataItem).data;
        if (length < sizes.ownBufferBytes) data += length;
      }
    }
    return { dataAt: words * 4, frameBytes: Math.ceil((words * 4 + data) / 4) * 4 };
  }
}

class Item implements InputItem {
  readonly name: string;
  readonly key: number;
  readonly data: Uint8Array;

  constructor(name: string, key: number, data: Uint8Array) {
    this.name = name;
    this.key = key;
    this.data = data;
  }

  text(): string {
    const text = host.decode(this.data, false) as string;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  json(): unknown {
    try {
      return JSON.parse(this.text());
    } catch (error) {
      throw new SyntaxError(`the item ${JSON.stringify(this.name)} is not JSON: ${(error as Error).message}`);
    }
  }
}

export const frameParts: readonly GuestPart[] = [Item, Mailbox];
