/** `console`: to the run's standard output and standard error, values shown as people expect to see them. */
import type { Define, GuestHost } from './guest-host.ts';

export function installConsole(host: GuestHost, define: Define): void {
  const MAX_DEPTH = 4;
  const MAX_ENTRIES = 100;
  const MAX_TEXT = 10_000;

  const key = (name: string | symbol): string => (typeof name === 'string' && /^[A-Za-z_$][\w$]*$/.test(name) ? name : typeof name === 'symbol' ? `[${String(name)}]` : JSON.stringify(name));

  const listed = (open: string, close: string, parts: readonly string[], more: number): string => {
    const all = more > 0 ? [...parts, `… ${more} more`] : parts;
    return all.length === 0 ? open + close : `${open} ${all.join(', ')} ${close}`;
  };

  const showObject = (value: object, above: readonly object[]): string => {
    if (value instanceof Error) return value.stack === undefined ? String(value) : `${String(value)}\n${value.stack.split('\n').filter((line) => line !== '' && !line.includes('(<null>:')).join('\n')}`;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (above.includes(value)) return '[Circular]';
    const type = (value as { constructor?: { name?: string } }).constructor?.name ?? 'null prototype';
    if (above.length >= MAX_DEPTH) return Array.isArray(value) ? '[Array]' : `[${type}]`;
    const inside = [...above, value];
    const inner = (part: unknown): string => show(part, inside);
    if (Array.isArray(value)) return listed('[', ']', value.slice(0, MAX_ENTRIES).map(inner), value.length - MAX_ENTRIES);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      const items = value as unknown as { readonly length: number; slice(from: number, to: number): Iterable<number> };
      return `${type}(${items.length}) ${listed('[', ']', Array.from(items.slice(0, MAX_ENTRIES), String), items.length - MAX_ENTRIES)}`;
    }
    if (value instanceof Map) return `Map(${value.size}) ${listed('{', '}', [...value].slice(0, MAX_ENTRIES).map(([k, v]) => `${inner(k)} => ${inner(v)}`), value.size - MAX_ENTRIES)}`;
    if (value instanceof Set) return `Set(${value.size}) ${listed('{', '}', [...value].slice(0, MAX_ENTRIES).map(inner), value.size - MAX_ENTRIES)}`;
    const names = Object.keys(value);
    const parts = names.slice(0, MAX_ENTRIES).map((name) => `${key(name)}: ${inner((value as Record<string, unknown>)[name])}`);
    const prefix = type === 'Object' ? '' : type === 'null prototype' ? '[Object: null prototype] ' : `${type} `;
    return prefix + listed('{', '}', parts, names.length - MAX_ENTRIES);
  };

  const show = (value: unknown, above: readonly object[]): string => {
    if (typeof value === 'string') return above.length === 0 ? value : JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return value.name === '' ? '[Function (anonymous)]' : `[Function: ${value.name}]`;
    if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
    return showObject(value, above);
  };

  let indent = '';
  const write = (stream: 0 | 1, values: readonly unknown[]): void => {
    const text = formatted(values).join(' ');
    host.log(stream, indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`));
  };
  /** `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` and `%c` of a first string, as the console's standard has them. */
  const formatted = (values: readonly unknown[]): readonly string[] => {
    const first = values[0];
    if (typeof first !== 'string' || values.length === 1 || !first.includes('%')) return values.map((value) => clipped(show(value, [])));
    let used = 1;
    const text = first.replace(/%[sdifoOjc%]/g, (pattern) => {
      if (pattern === '%%') return '%';
      if (used >= values.length) return pattern;
      const value = values[used++];
      if (pattern === '%c') return '';
      if (pattern === '%d' || pattern === '%f') return String(Number(value));
      if (pattern === '%i') return String(Math.trunc(Number(value)));
      return pattern === '%j' ? String(JSON.stringify(value)) : show(value, []);
    });
    return [text, ...values.slice(used).map((value) => clipped(show(value, [])))];
  };
  /** A long string is the user's own; only what we made of an object is cut. */
  const clipped = (text: string): string => (text.length > MAX_TEXT * 100 ? `${text.slice(0, MAX_TEXT * 100)}…` : text);

  const counts = new Map<string, number>();
  const out = (...values: readonly unknown[]): void => write(0, values);
  const err = (...values: readonly unknown[]): void => write(1, values);
  const nothing = (): void => undefined;
  define('console', {
    log: out, info: out, debug: out, dir: out, dirxml: out, table: out,
    warn: err, error: err,
    trace: (...values: readonly unknown[]) => err('Trace:', ...values, `\n${new Error().stack ?? ''}`),
    assert: (condition: unknown, ...values: readonly unknown[]) => {
      if (!condition) err('Assertion failed', ...values);
    },
    count: (label: unknown = 'default') => {
      const count = (counts.get(String(label)) ?? 0) + 1;
      counts.set(String(label), count);
      out(`${String(label)}: ${count}`);
    },
    countReset: (label: unknown = 'default') => counts.delete(String(label)),
    group: (...values: readonly unknown[]) => {
      if (values.length > 0) out(...values);
      indent += '  ';
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: nothing, timeLog: nothing, timeEnd: nothing,
  });
}
