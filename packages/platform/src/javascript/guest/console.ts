/** `console`: to the run's standard output and standard error, values shown as people expect to see them. */
import type { Define, GuestHost, GuestPart } from './guest-host.ts';
import type { inspect as Inspect } from './inspection.ts';

declare const host: GuestHost;
declare const define: Define;
declare const inspect: typeof Inspect;

class Console {
  #indent = '';
  readonly #counts = new Map<string, number>();

  write(stream: 0 | 1, values: readonly unknown[]): void {
    const text = formatted(values).join(' ');
    host.log(stream, this.#indent === '' ? text : this.#indent + text.replaceAll('\n', `\n${this.#indent}`));
  }

  count(label: unknown = 'default'): void {
    const count = (this.#counts.get(String(label)) ?? 0) + 1;
    this.#counts.set(String(label), count);
    this.write(0, [`${String(label)}: ${count}`]);
  }

  countReset(label: unknown = 'default'): void {
    this.#counts.delete(String(label));
  }

  group(values: readonly unknown[]): void {
    if (values.length > 0) this.write(0, values);
    this.#indent += '  ';
  }

  groupEnd(): void {
    this.#indent = this.#indent.slice(2);
  }
}

/** `%s`, `%d`, `%i`, `%f`, `%o`, `%O`, `%j` and `%c` of a first string, as the console's standard has them. */
function formatted(values: readonly unknown[]): readonly string[] {
  const [first] = values;
  if (typeof first !== 'string' || values.length === 1 || !first.includes('%')) return values.map((value) => inspect(value));
  let used = 1;
  const text = first.replace(/%[sdifoOjc%]/g, (pattern) => {
    if (pattern === '%%') return '%';
    return used < values.length ? placed(pattern, values[used++]) : pattern;
  });
  return [text, ...values.slice(used).map((value) => inspect(value))];
}

function placed(pattern: string, value: unknown): string {
  switch (pattern) {
    case '%c':
      return '';
    case '%d':
    case '%f':
      return String(Number(value));
    case '%i':
      return String(Math.trunc(Number(value)));
    case '%j':
      return String(JSON.stringify(value));
    default:
      return inspect(value);
  }
}

/** Functions that work without their object, as people pass them on. */
export function installConsole(): void {
  const own = new Console();
  const out = (...values: readonly unknown[]): void => own.write(0, values);
  const err = (...values: readonly unknown[]): void => own.write(1, values);
  const nothing = (): void => undefined;
  const assert = (condition: unknown, ...values: readonly unknown[]): void => {
    if (!condition) err('Assertion failed', ...values);
  };
  const trace = (...values: readonly unknown[]): void => err('Trace:', ...values, `\n${new Error().stack ?? ''}`);
  const counting = { count: (label?: unknown) => own.count(label), countReset: (label?: unknown) => own.countReset(label) };
  const grouping = { group: (...values: readonly unknown[]) => own.group(values), groupEnd: () => own.groupEnd() };
  const timing = { time: nothing, timeLog: nothing, timeEnd: nothing };
  define('console', { log: out, info: out, debug: out, dir: out, dirxml: out, table: out, warn: err, error: err, trace, assert, ...counting, ...grouping, ...timing });
}

export const consoleParts: readonly GuestPart[] = [Console, formatted, placed, installConsole];
