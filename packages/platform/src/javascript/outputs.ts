/** What a run returned, copied out of the guest's memory. Every number in it is the guest's claim and is checked. */
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { RunFailure } from '../sandbox/sandbox.ts';
import { itemNameProblem } from '../sets/item-name.ts';
import type { Item, ItemSet, Sets } from '../sets/item.ts';
import type { BaseAddresses } from './base-image.ts';
import { tooManyItems } from './guest-error.ts';
import { bytesRange, type GuestRange, readString } from './guest-values.ts';
import { MAILBOX_BYTES, OWN_BUFFER_BYTES } from './limits.ts';
import type { Address, Box } from './quickjs-exports.ts';
import type { QuickJsInstance } from './quickjs-instance.ts';

export type Outputs = { readonly kind: 'outputs'; readonly sets: Sets } | { readonly kind: 'failure'; readonly failure: RunFailure };

interface Parts {
  readonly names: string;
  readonly frame: GuestRange;
  /** Buffer `index` of those that travel on their own. */
  readonly own: (index: number) => GuestRange | null;
}

const WORD_BYTES = 4;
const ITEM_WORDS = 3;

/** `returned`: the value of `GuestEntry.run` or `finish`, a string or an array. */
export function readOutputs(instance: QuickJsInstance, addresses: BaseAddresses, returned: Box, spec: FunctionSpec): Outputs {
  const parts = partsOf(instance, addresses, returned);
  if (parts === null) return invalid('the function has broken the runtime that it runs on');
  return new FrameReader(instance, parts, spec).read();
}

function partsOf(instance: QuickJsInstance, addresses: BaseAddresses, returned: Box): Parts | null {
  const { exports } = instance;
  const { scratch } = addresses;
  const outbox: GuestRange = { at: addresses.outbox, length: MAILBOX_BYTES };
  if (exports.qjs_is_string(returned) !== 0) return { names: readString(instance, returned, scratch) ?? '', frame: outbox, own: () => null };
  if (exports.qjs_is_array(returned) === 0) return null;
  const names = readString(instance, exports.qjs_get_prop_uint32(returned, 0), scratch);
  const frameBox = exports.qjs_get_prop_uint32(returned, 1);
  const frame = exports.qjs_is_null(frameBox) !== 0 ? outbox : bytesRange(instance, frameBox, scratch);
  if (names === null || frame === null) return null;
  return { names, frame, own: (index) => bytesRange(instance, exports.qjs_get_prop_uint32(returned, index + 2), scratch) };
}

class FrameReader {
  readonly #instance: QuickJsInstance;
  readonly #parts: Parts;
  readonly #spec: FunctionSpec;
  readonly #end: Address;
  #word: Address;
  #data: Address;
  #nameAt = 0;
  #nextOwn = 0;
  #items = 0;
  #bytes = 0;

  constructor(instance: QuickJsInstance, parts: Parts, spec: FunctionSpec) {
    this.#instance = instance;
    this.#parts = parts;
    this.#spec = spec;
    this.#end = parts.frame.at + parts.frame.length;
    this.#word = parts.frame.at + WORD_BYTES;
    this.#data = parts.frame.at + instance.u32(parts.frame.at);
  }

  read(): Outputs {
    const sets: ItemSet[] = [];
    for (const name of this.#spec.outputs) {
      const items = this.#readSet(name);
      if (!Array.isArray(items)) return { kind: 'failure', failure: items as RunFailure };
      sets.push({ name, items });
    }
    return { kind: 'outputs', sets };
  }

  #readSet(set: string): readonly Item[] | RunFailure {
    const { limits } = this.#spec;
    const count = this.#next();
    this.#items += count;
    if (this.#items > limits.outputItems) return tooManyItems(limits.outputItems);
    if (this.#word + count * ITEM_WORDS * WORD_BYTES > this.#end) return brokenFrame;
    const items: Item[] = [];
    for (let index = 0; index < count; index++) {
      const item = this.#readItem();
      if ('kind' in item) return item.kind === 'invalid-output' ? { kind: item.kind, message: `output set "${set}": ${item.message}` } : item;
      items.push(item);
    }
    return items;
  }

  #readItem(): Item | RunFailure {
    const { limits } = this.#spec;
    const nameLength = this.#next();
    const key = this.#next();
    const length = this.#next();
    const name = this.#parts.names.slice(this.#nameAt, this.#nameAt + nameLength);
    this.#nameAt += nameLength;
    this.#bytes += Buffer.byteLength(name) + length;
    if (this.#bytes > limits.outputBytes) return { kind: 'limit', limit: 'output-bytes', message: `the function gives more than its ${limits.outputBytes} bytes of output` };
    const problem = itemNameProblem(name);
    if (problem !== null) return { kind: 'invalid-output', message: problem };
    const range = length < OWN_BUFFER_BYTES ? this.#smallData(length) : this.#parts.own(this.#nextOwn++);
    if (range === null || range.length !== length) return brokenFrame;
    return { name, key, data: new Uint8Array(this.#instance.bytes.subarray(range.at, range.at + length)) };
  }

  #smallData(length: number): GuestRange | null {
    const at = this.#data;
    this.#data += length;
    return this.#data <= this.#end ? { at, length } : null;
  }

  #next(): number {
    const value = this.#word + WORD_BYTES <= this.#end ? this.#instance.u32(this.#word) : 0;
    this.#word += WORD_BYTES;
    return value;
  }
}

const brokenFrame: RunFailure = { kind: 'invalid-output', message: 'the function has broken the runtime that it runs on' };
const invalid = (message: string): Outputs => ({ kind: 'failure', failure: { kind: 'invalid-output', message } });
