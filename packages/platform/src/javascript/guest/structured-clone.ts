/** `structuredClone` for everything that the standard clones and a function can have. */
import type { Define, GuestPart } from './guest-host.ts';

declare const define: Define;

export function installStructuredClone(): void {
  define('structuredClone', function structuredClone(value: unknown, options: { transfer?: readonly unknown[] } = {}): unknown {
    if ((options.transfer ?? []).length > 0) refuseClone('a transferred object: there is no other thread, so its transfer');
    return new Cloner().clone(value);
  });
}

function refuseClone(what: string): never {
  throw new DOMException(`${what} can't be cloned`, 'DataCloneError');
}

class Cloner {
  readonly #seen = new Map<object, unknown>();

  clone(value: unknown): unknown {
    if (typeof value === 'function') return refuseClone(`the function ${value.name}`);
    if (typeof value === 'symbol') return refuseClone('a symbol');
    if (typeof value !== 'object' || value === null) return value;
    return this.#seen.get(value) ?? this.#object(value);
  }

  #keep<T>(value: object, copy: T): T {
    this.#seen.set(value, copy);
    return copy;
  }

  #object(value: object): unknown {
    const leaf = this.#leaf(value);
    if (leaf !== null) return this.#keep(value, leaf);
    if (ArrayBuffer.isView(value)) return this.#keep(value, this.#view(value));
    if (value instanceof Error) return this.#error(value);
    if (value instanceof Map) {
      const copy = this.#keep(value, new Map<unknown, unknown>());
      for (const [key, member] of [...value]) copy.set(this.clone(key), this.clone(member));
      return copy;
    }
    if (value instanceof Set) {
      const copy = this.#keep(value, new Set<unknown>());
      for (const member of [...value]) copy.add(this.clone(member));
      return copy;
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) refuseClone(`a ${value.constructor.name}`);
    const copy = this.#keep(value, Array.isArray(value) ? (new Array(value.length) as unknown as Record<string, unknown>) : ({} as Record<string, unknown>));
    for (const name of Object.keys(value)) copy[name] = this.clone((value as Record<string, unknown>)[name]);
    return copy;
  }

  /** A value that holds no others, or null. */
  #leaf(value: object): object | null {
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof RegExp) return new RegExp(value.source, value.flags);
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return Object(value.valueOf()) as object;
    return null;
  }

  #view(view: ArrayBufferView): ArrayBufferView {
    const buffer = this.clone(view.buffer) as ArrayBuffer;
    const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
    return new (view.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView)(buffer, view.byteOffset, length);
  }

  #error(error: Error): Error {
    const known = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].find(({ name }) => name === error.name);
    const copy = this.#keep(error, new (known ?? Error)(error.message));
    if (typeof error.stack === 'string') Object.defineProperty(copy, 'stack', { value: error.stack, writable: true, configurable: true });
    if (Object.hasOwn(error, 'cause')) Object.defineProperty(copy, 'cause', { value: this.clone(error.cause), writable: true, configurable: true });
    return copy;
  }
}

export const structuredCloneParts: readonly GuestPart[] = [installStructuredClone, refuseClone, Cloner];
