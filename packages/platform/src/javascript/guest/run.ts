/**
 * One run inside the sandbox: from the frame that the host wrote to `Inputs`, through the user's function, and back.
 *
 * A frame is 32-bit little-endian words, then bytes:
 *
 *   [where the bytes begin] then for each set, in the order of the declaration:
 *     [items] then for each item: [length of its name in UTF-16 units] [key] [length of its data]
 *
 * The names of all items stand in one string, one after the other. The data of an item shorter than `ownBufferBytes`
 * follows the words, the others travel as buffers of their own, in order. A frame that fits lies in the inbox or the
 * outbox. After the last input set comes one more with argv, environment and stdin.
 *
 * `run` gives the names when all fits into the outbox, else an array: names, frame or null, own buffers.
 * `undefined`: a promise is pending.
 */
import type { GuestBinding, GuestEntry, GuestHost, GuestSizes } from './guest-host.ts';
import type { GuestRandom } from './random.ts';

export function makeEntry(host: GuestHost, sizes: GuestSizes, random: GuestRandom): GuestEntry {
  interface OutputItem {
    readonly name: string;
    readonly key: number;
    readonly data: Uint8Array;
  }
  interface Context {
    readonly argv: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly stdin: Uint8Array;
  }
  type Handler = (inputs: Record<string, readonly Item[]>, context: Context) => unknown;

  const { mailboxBytes, ownBufferBytes } = sizes;
  const HEADER_WORDS = 1;
  const ITEM_WORDS = 3;
  const WORD_BYTES = 4;
  const MAX_KEY = 0xffff_ffff;
  const inbox = new ArrayBuffer(mailboxBytes);
  const inboxWords = new Uint32Array(inbox);
  const inboxBytes = new Uint8Array(inbox);
  const outbox = new ArrayBuffer(mailboxBytes);
  const outboxWords = new Uint32Array(outbox);
  const outboxBytes = new Uint8Array(outbox);
  const isArray = Array.isArray;
  const keysOf = Object.keys;

  let binding: GuestBinding = { inputs: [], outputs: [], outputItems: 0, random: false, environment: {} };
  let handler: Handler = () => undefined;
  let emptyContext: Context = { argv: [], environment: {}, stdin: new Uint8Array(0) };
  let settled: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  let settledWith: unknown;
  let itemsLeft = 0;

  class InvalidOutput extends Error {
    override readonly name = 'InvalidOutput';
  }

  class TooManyItems extends Error {
    override readonly name = 'TooManyItems';
  }

  class Item {
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

  const readSets = (frame: ArrayBuffer | undefined, names: string, own: readonly ArrayBuffer[], sets: number): Item[][] => {
    const words = frame === undefined ? inboxWords : new Uint32Array(frame, 0, Math.floor(frame.byteLength / WORD_BYTES));
    const bytes = frame === undefined ? inboxBytes : new Uint8Array(frame);
    const result: Item[][] = [];
    let word = HEADER_WORDS;
    let at = words[0] as number;
    let nameAt = 0;
    let nextOwn = 0;
    for (let set = 0; set < sets; set++) {
      const items: Item[] = [];
      const count = words[word++] as number;
      for (let i = 0; i < count; i++) {
        const nameEnd = nameAt + (words[word] as number);
        const length = words[word + 2] as number;
        let data: Uint8Array;
        if (length < ownBufferBytes) {
          data = bytes.slice(at, at + length);
          at += length;
        } else data = new Uint8Array(own[nextOwn++] as ArrayBuffer);
        items[i] = new Item(names.substring(nameAt, nameEnd), words[word + 1] as number, data);
        word += ITEM_WORDS;
        nameAt = nameEnd;
      }
      result[set] = items;
    }
    return result;
  };

  const makeContext = (stdio: readonly Item[]): Context => {
    if (stdio.length === 0) return emptyContext;
    let argv: string[] = [];
    const environment: Record<string, string> = { ...binding.environment };
    let stdin = new Uint8Array(0);
    for (let i = 0; i < stdio.length; i++) {
      const item = stdio[i] as Item;
      if (item.name === 'stdin') stdin = item.data as Uint8Array<ArrayBuffer>;
      const lines = (): string[] => item.text().split('\0').filter((line) => line !== '');
      if (item.name === 'argv') argv = lines();
      if (item.name === 'environment') {
        for (const line of lines()) {
          const at = line.indexOf('=');
          if (at > 0) environment[line.slice(0, at)] = line.slice(at + 1);
        }
      }
    }
    return { argv, environment, stdin };
  };

  const bytesOf = (data: unknown, where: string): Uint8Array => {
    if (typeof data === 'string') return host.encode(data.isWellFormed() ? data : data.toWellFormed());
    if (data instanceof Uint8Array) return data;
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    const json = JSON.stringify(data);
    if (json === undefined) throw new InvalidOutput(`${where} has ${data === undefined ? 'no data' : `a ${typeof data} as data`}: give a Uint8Array, a string, or a value for JSON`);
    return host.encode(json);
  };

  const itemOf = (value: unknown, set: string, index: number): OutputItem => {
    const where = `item ${index} of the output set "${set}"`;
    if (typeof value !== 'object' || value === null) throw new InvalidOutput(`${where} is ${String(value)}: give { name, data } or { name, key, data }`);
    const { name, key = 0, data } = value as { name?: unknown; key?: unknown; data?: unknown };
    if (typeof name !== 'string') throw new InvalidOutput(`${where} has no name: give { name, data } or { name, key, data }`);
    if (typeof key !== 'number' || !Number.isInteger(key) || key < 0 || key > MAX_KEY) throw new InvalidOutput(`${where} has the key ${String(key)}: a key is a whole number from 0 to ${MAX_KEY}`);
    return { name: name.toWellFormed(), key, data: bytesOf(data, where) };
  };

  /** Before anything is made of them: a flood of items should not look like a lack of memory. */
  const claim = (items: number): void => {
    itemsLeft -= items;
    if (itemsLeft < 0) throw new TooManyItems();
  };

  const itemsOf = (value: unknown, set: string): OutputItem[] => {
    const items: OutputItem[] = [];
    if (value === undefined || value === null) return items;
    if (isArray(value)) {
      claim(value.length);
      for (let i = 0; i < value.length; i++) items[i] = itemOf(value[i], set, i);
      return items;
    }
    if (typeof value !== 'object' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      throw new InvalidOutput(`the output set "${set}" is no set: give [{ name, data }, …] or { name: data, … }`);
    }
    const names = keysOf(value);
    claim(names.length);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      items[i] = { name: name.toWellFormed(), key: 0, data: bytesOf((value as Record<string, unknown>)[name], `the item "${name}" of the output set "${set}"`) };
    }
    return items;
  };

  const collect = (result: unknown): OutputItem[][] => {
    if (typeof result !== 'object' || result === null) throw new InvalidOutput(`the function returned ${String(result)}: return an object with the output sets ${binding.outputs.join(', ')}`);
    const given = result as Record<string, unknown>;
    const names = keysOf(given);
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (!binding.outputs.includes(name)) throw new InvalidOutput(`the function returned the set "${name}", which it does not declare; it declares ${binding.outputs.join(', ') || 'none'}`);
    }
    const sets: OutputItem[][] = [];
    itemsLeft = binding.outputItems;
    for (let i = 0; i < binding.outputs.length; i++) {
      const set = binding.outputs[i] as string;
      sets[i] = itemsOf(given[set], set);
    }
    return sets;
  };

  const write = (sets: readonly (readonly OutputItem[])[]): unknown => {
    let wordCount = HEADER_WORDS + sets.length;
    let dataBytes = 0;
    for (let s = 0; s < sets.length; s++) {
      const items = sets[s] as readonly OutputItem[];
      wordCount += items.length * ITEM_WORDS;
      for (let i = 0; i < items.length; i++) {
        const { length } = (items[i] as OutputItem).data;
        if (length < ownBufferBytes) dataBytes += length;
      }
    }
    const dataAt = wordCount * WORD_BYTES;
    const fits = dataAt + dataBytes <= mailboxBytes;
    const frame = fits ? outboxBytes : new Uint8Array(Math.ceil((dataAt + dataBytes) / WORD_BYTES) * WORD_BYTES);
    const words = fits ? outboxWords : new Uint32Array(frame.buffer);
    const own: Uint8Array[] = [];
    let names = '';
    let word = HEADER_WORDS;
    let at = dataAt;
    words[0] = dataAt;
    for (let s = 0; s < sets.length; s++) {
      const items = sets[s] as readonly OutputItem[];
      words[word++] = items.length;
      for (let i = 0; i < items.length; i++) {
        const { name, key, data } = items[i] as OutputItem;
        names += name;
        words[word] = name.length;
        words[word + 1] = key;
        words[word + 2] = data.length;
        word += ITEM_WORDS;
        if (data.length < ownBufferBytes) {
          frame.set(data, at);
          at += data.length;
        } else own[own.length] = data;
      }
    }
    return fits && own.length === 0 ? names : [names, fits ? null : frame, ...own];
  };

  const isThenable = (value: unknown): value is PromiseLike<unknown> => typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

  return {
    inbox,
    outbox,
    configure(text) {
      binding = JSON.parse(text) as GuestBinding;
      emptyContext = { argv: [], environment: { ...binding.environment }, stdin: new Uint8Array(0) };
      if (binding.random) random.allow();
    },
    bind(namespace) {
      const found = namespace['default'] ?? namespace['run'];
      if (typeof found !== 'function') {
        const has = keysOf(namespace);
        return `the module must export the function: export default function (inputs) { return { … } }; it exports ${has.length === 0 ? 'nothing' : has.join(', ')}`;
      }
      handler = found as Handler;
      random.reseed();
      return null;
    },
    run(frame, names, ...own) {
      const sets = readSets(frame, names, own, binding.inputs.length + 1);
      const inputs: Record<string, readonly Item[]> = {};
      for (let i = 0; i < binding.inputs.length; i++) inputs[binding.inputs[i] as string] = sets[i] as readonly Item[];
      const result = handler(inputs, makeContext(sets[binding.inputs.length] as readonly Item[]));
      if (!isThenable(result)) return write(collect(result));
      Promise.resolve(result).then(
        (value) => {
          settled = 'fulfilled';
          settledWith = value;
        },
        (reason: unknown) => {
          settled = 'rejected';
          settledWith = reason;
        },
      );
      return undefined;
    },
    finish() {
      if (settled === 'fulfilled') return write(collect(settledWith));
      if (settled === 'rejected') throw settledWith;
      throw new Error('the promise that the function returned never settles: nothing is left to run');
    },
  };
}
