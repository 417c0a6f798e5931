/** A long item as it came over a network: in pieces, which are put together only where somebody needs them in one. */
import { FarItem } from './far-item.ts';
import type { Item } from './item.ts';

export class PiecedItem extends FarItem {
  #pieces: readonly Uint8Array[];

  constructor(item: Pick<Item, 'name' | 'key'>, pieces: readonly Uint8Array[]) {
    super(item, pieces.reduce((sum, { length }) => sum + length, 0));
    this.#pieces = pieces;
  }

  copyTo(target: Uint8Array): void {
    let at = 0;
    for (const piece of this.#pieces) {
      target.set(piece, at);
      at += piece.length;
    }
  }

  pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  /** They are in memory once: in one piece from now on. */
  protected gathered(): Uint8Array {
    const data = Buffer.allocUnsafeSlow(this.bytes);
    this.copyTo(data);
    this.#pieces = [data];
    return data;
  }
}
