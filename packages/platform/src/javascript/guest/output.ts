/** What a function returned, as items; says what is wrong with it in the user's terms. */
import type { DataItem } from './frame.ts';
import type { GuestBinding, GuestHost, GuestPart } from './guest-host.ts';

declare const host: GuestHost;

/** The host knows these two by their names. */
class InvalidOutput extends Error {
  override readonly name = 'InvalidOutput';
}

class TooManyItems extends Error {
  override readonly name = 'TooManyItems';
}

export class OutputReader {
  readonly #binding: GuestBinding;
  #itemsLeft = 0;

  constructor(binding: GuestBinding) {
    this.#binding = binding;
  }

  /** All sets, in the order of the declaration. */
  read(result: unknown): readonly (readonly DataItem[])[] {
    const { outputs, outputItems } = this.#binding;
    this.#itemsLeft = outputItems;
    if (typeof result !== 'object' || result === null) throw new InvalidOutput(`the function returned ${String(result)}: return an object with the output sets ${outputs.join(', ')}`);
    const given = result as Record<string, unknown>;
    const names = Object.keys(given);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (!outputs.includes(name)) throw new InvalidOutput(`the function returned the set "${name}", which it does not declare; it declares ${outputs.join(', ') || 'none'}`);
    }
    const sets: (readonly DataItem[])[] = [];
    for (let i = 0; i < outputs.length; i++) {
      const set = outputs[i] as string;
      sets[i] = this.#set(given[set], set);
    }
    return sets;
  }

  #set(value: unknown, set: string): readonly DataItem[] {
    const items: DataItem[] = [];
    if (value === undefined || value === null) return items;
    if (Array.isArray(value)) {
      this.#claim(value.length);
      for (let i = 0; i < value.length; i++) items[i] = this.#item(value[i], i, set);
      return items;
    }
    if (typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      throw new InvalidOutput(`the output set "${set}" is no set: give [{ name, data }, …] or { name: data, … }`);
    }
    const names = Object.keys(value);
    this.#claim(names.length);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      items[i] = { name: name.toWellFormed(), key: 0, data: dataOf((value as Record<string, unknown>)[name], i, set) };
    }
    return items;
  }

  /** Before anything is made of them: a flood of items should not look like a lack of memory. */
  #claim(items: number): void {
    this.#itemsLeft -= items;
    if (this.#itemsLeft < 0) throw new TooManyItems();
  }

  #item(value: unknown, index: number, set: string): DataItem {
    if (typeof value !== 'object' || value === null) throw new InvalidOutput(`${itemPlace(index, set)} is ${String(value)}: give { name, data } or { name, key, data }`);
    const { name, key = 0, data } = value as { name?: unknown; key?: unknown; data?: unknown };
    if (typeof name !== 'string') throw new InvalidOutput(`${itemPlace(index, set)} has no name: give { name, data } or { name, key, data }`);
    if (typeof key !== 'number' || key >>> 0 !== key) throw new InvalidOutput(`${itemPlace(index, set)} has the key ${String(key)}: a key is a whole number from 0 to 4294967295`);
    return { name: name.toWellFormed(), key, data: dataOf(data, index, set) };
  }
}

function dataOf(data: unknown, index: number, set: string): Uint8Array {
  if (typeof data === 'string') return host.encode(data.toWellFormed());
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const json = JSON.stringify(data);
  if (json === undefined) throw new InvalidOutput(`${itemPlace(index, set)} has ${data === undefined ? 'no data' : `a ${typeof data} as data`}: give a Uint8Array, a string, or a value for JSON`);
  return host.encode(json);
}

function itemPlace(index: number, set: string): string {
  return `item ${index} of the output set "${set}"`;
}

export const outputParts: readonly GuestPart[] = [InvalidOutput, TooManyItems, OutputReader, dataOf, itemPlace];
