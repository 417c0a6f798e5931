/** The inputs of a run into the guest's memory: descriptions and small items in one frame, large items one by one. */
import { assert } from '@pappus/core';
import type { Item, ItemSet, Sets } from '../sets/item.ts';
import { type BaseAddresses, MAX_FIXED_ARGS } from './base-image.ts';
import { allocate, GuestMemoryFull, newArrayBuffer, newString } from './guest-values.ts';
import { MAILBOX_BYTES, OWN_BUFFER_BYTES } from './limits.ts';
import type { Address, Box } from './quickjs-exports.ts';
import type { QuickJsInstance } from './quickjs-instance.ts';

/** The arguments of `GuestEntry.run`: their number, and where their boxes stand. */
export interface GuestArguments {
  readonly count: number;
  readonly at: Address;
}

const WORD_BYTES = 4;
const ITEM_WORDS = 3;
const NO_ITEMS: ItemSet = { name: 'stdio', items: [] };

/** Writes all sets and then `stdio`; the frame is described in `guest/frame.ts`. */
export function writeInputs(instance: QuickJsInstance, addresses: BaseAddresses, inputs: Sets, stdio: ItemSet | null): GuestArguments {
  const size = measure(inputs, stdio ?? NO_ITEMS);
  const fits = size.frameBytes <= MAILBOX_BYTES;
  const frame = fits ? addresses.inbox : allocateCounted(instance, addresses, size.frameBytes);
  const own: Box[] = [];
  const names = writeFrame(instance, addresses, { frame, dataAt: size.dataAt, own }, inputs, stdio ?? NO_ITEMS);
  const boxes = [
    fits ? addresses.undefined : newArrayBuffer(instance, addresses.context, frame, size.frameBytes),
    newString(instance, names),
    ...own,
  ];
  const at = boxes.length <= MAX_FIXED_ARGS ? addresses.args : allocate(instance, boxes.length * WORD_BYTES);
  for (let i = 0; i < boxes.length; i++) instance.view.setUint32(at + i * WORD_BYTES, boxes[i] as Box, true);
  return { count: boxes.length, at };
}

interface FrameSize {
  readonly dataAt: number;
  readonly frameBytes: number;
}

function measure(inputs: Sets, stdio: ItemSet): FrameSize {
  let words = 1;
  let data = 0;
  for (let s = 0; s <= inputs.length; s++) {
    const { items } = inputs[s] ?? stdio;
    words += 1 + items.length * ITEM_WORDS;
    for (let i = 0; i < items.length; i++) {
      const { length } = (items[i] as Item).data;
      if (length < OWN_BUFFER_BYTES) data += length;
    }
  }
  const dataAt = words * WORD_BYTES;
  return { dataAt, frameBytes: Math.ceil((dataAt + data) / WORD_BYTES) * WORD_BYTES };
}

interface FramePlace {
  readonly frame: Address;
  readonly dataAt: number;
  /** Takes the buffers of large items. */
  readonly own: Box[];
}

/** Gives the names of all items, one after the other. */
function writeFrame(instance: QuickJsInstance, addresses: BaseAddresses, { frame, dataAt, own }: FramePlace, inputs: Sets, stdio: ItemSet): string {
  instance.view.setUint32(frame, dataAt, true);
  let word = frame + WORD_BYTES;
  let at = frame + dataAt;
  let names = '';
  for (let s = 0; s <= inputs.length; s++) {
    const { items } = inputs[s] ?? stdio;
    instance.view.setUint32(word, items.length, true);
    word += WORD_BYTES;
    for (let i = 0; i < items.length; i++) {
      const { name, key, data } = items[i] as Item;
      names += name;
      instance.view.setUint32(word, name.length, true);
      instance.view.setUint32(word + WORD_BYTES, key, true);
      instance.view.setUint32(word + WORD_BYTES * 2, data.length, true);
      word += WORD_BYTES * ITEM_WORDS;
      if (data.length < OWN_BUFFER_BYTES) {
        instance.bytes.set(data, at);
        at += data.length;
      } else own.push(ownBuffer(instance, addresses, data));
    }
  }
  assert(word === frame + dataAt, 'the frame of a run is as long as measured');
  return names;
}

/** The one copy of a large item. */
function ownBuffer(instance: QuickJsInstance, addresses: BaseAddresses, data: Uint8Array): Box {
  const at = allocateCounted(instance, addresses, data.length);
  instance.bytes.set(data, at);
  return newArrayBuffer(instance, addresses.context, at, data.length);
}

function allocateCounted(instance: QuickJsInstance, addresses: BaseAddresses, length: number): Address {
  const at = instance.exports.js_malloc(addresses.context, length);
  if (at === 0) throw new GuestMemoryFull('no memory left in the guest');
  return at;
}
