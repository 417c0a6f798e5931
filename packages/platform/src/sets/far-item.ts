/**
 * An item whose bytes lie elsewhere, or in pieces, and mostly go on from there: what is long is moved once and not gathered
 * first. Whoever asks for `data` gets the bytes in one piece all the same.
 */
import type { Item } from './item.ts';

export abstract class FarItem implements Item {
  readonly name: string;
  readonly key: number;
  readonly bytes: number;
  #data: Uint8Array | null = null;

  constructor({ name, key }: Pick<Item, 'name' | 'key'>, bytes: number) {
    this.name = name;
    this.key = key;
    this.bytes = bytes;
  }

  get data(): Uint8Array {
    this.#data ??= this.gathered();
    return this.#data;
  }

  /** Puts the bytes into `target`, which has their length. */
  abstract copyTo(target: Uint8Array): void;
  /** The bytes in their order. */
  abstract pieces(): readonly Uint8Array[];
  protected abstract gathered(): Uint8Array;
}

/** Length of the bytes of an item, wherever they lie. */
export const bytesOfItem = (item: Item): number => (item instanceof FarItem ? item.bytes : item.data.length);
