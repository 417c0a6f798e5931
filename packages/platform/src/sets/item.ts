/** What functions take and give: sets of items. The bytes of an item are never copied into text of any kind. */

export interface Item {
  readonly name: string;
  /** Groups items for `keyed`; an unsigned 32-bit number. */
  readonly key: number;
  readonly data: Uint8Array;
}

export interface ItemSet {
  readonly name: string;
  readonly items: readonly Item[];
}

/** All sets of one run, in the function's order. */
export type Sets = readonly ItemSet[];
