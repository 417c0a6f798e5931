/** `structuredClone` for everything that the standard clones and a function can have. */
import type { Define, GuestHost } from './guest-host.ts';

export function installStructuredClone(_host: GuestHost, define: Define): void {
  const refuse = (what: string): never => {
    throw new DOMException(`${what} can't be cloned`, 'DataCloneError');
  };
  const errors: Readonly<Record<string, ErrorConstructor>> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const cloneError = (error: Error, seen: Map<object, unknown>): Error => {
    const copy = new (errors[error.name] ?? Error)(error.message);
    seen.set(error, copy);
    if (typeof error.stack === 'string') Object.defineProperty(copy, 'stack', { value: error.stack, writable: true, configurable: true });
    if (Object.hasOwn(error, 'cause')) Object.defineProperty(copy, 'cause', { value: clone(error.cause, seen), writable: true, configurable: true });
    return copy;
  };

  const cloneView = (view: ArrayBufferView, seen: Map<object, unknown>): ArrayBufferView => {
    const buffer = clone(view.buffer, seen) as ArrayBuffer;
    const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
    return new (view.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView)(buffer, view.byteOffset, length);
  };

  /** Values that hold no others, or null. */
  const cloneLeaf = (value: object): object | null => {
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof RegExp) return new RegExp(value.source, value.flags);
    if (value instanceof ArrayBuffer) return value.slice(0);
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return Object(value.valueOf()) as object;
    return null;
  };

  const cloneObject = (value: object, seen: Map<object, unknown>): unknown => {
    const known = seen.get(value);
    if (known !== undefined) return known;
    const keep = <T>(copy: T): T => {
      seen.set(value, copy);
      return copy;
    };
    const leaf = cloneLeaf(value);
    if (leaf !== null) return keep(leaf);
    if (ArrayBuffer.isView(value)) return keep(cloneView(value, seen));
    if (value instanceof Error) return cloneError(value, seen);
    if (value instanceof Map) {
      const copy = keep(new Map<unknown, unknown>());
      for (const [k, v] of [...value]) copy.set(clone(k, seen), clone(v, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set<unknown>());
      for (const member of [...value]) copy.add(clone(member, seen));
      return copy;
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) refuse(`a ${value.constructor.name}`);
    const copy: Record<string, unknown> = keep(Array.isArray(value) ? (new Array(value.length) as unknown as Record<string, unknown>) : {});
    for (const name of Object.keys(value)) copy[name] = clone((value as Record<string, unknown>)[name], seen);
    return copy;
  };

  const clone = (value: unknown, seen: Map<object, unknown>): unknown => {
    if (typeof value === 'function') return refuse(`the function ${value.name}`);
    if (typeof value === 'symbol') return refuse('a symbol');
    return typeof value === 'object' && value !== null ? cloneObject(value, seen) : value;
  };

  define('structuredClone', function structuredClone(value: unknown, options: { transfer?: readonly unknown[] } = {}): unknown {
    if ((options.transfer ?? []).length > 0) refuse('a transferred object: there is no other thread, so its transfer');
    return clone(value, new Map());
  });
}
