/** What the host calls: to bind a function, and to run it once. */
import type { InputItem, RunContext } from '../function-types.ts';
import type { Mailbox as MailboxClass } from './frame.ts';
import type { GuestBinding, GuestEntry, GuestPart } from './guest-host.ts';
import type { OutputReader as OutputReaderClass } from './output.ts';
import type { GuestRandom } from './random.ts';

declare const Mailbox: typeof MailboxClass;
declare const OutputReader: typeof OutputReaderClass;

type Handler = (inputs: Record<string, readonly InputItem[]>, context: RunContext) => unknown;

/** The bound function and, during a run, what its promise came to. */
class Program {
  readonly #random: GuestRandom;
  readonly #inbox = new Mailbox();
  readonly #outbox = new Mailbox();
  #inputs: readonly string[] = [];
  #reader: OutputReaderClass | null = null;
  #context: RunContext = { argv: [], environment: {}, stdin: new Uint8Array(0) };
  #handler: Handler = () => undefined;
  #settled: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  #result: unknown;

  constructor(random: GuestRandom) {
    this.#random = random;
  }

  get buffers(): Pick<GuestEntry, 'inbox' | 'outbox'> {
    return { inbox: this.#inbox.buffer, outbox: this.#outbox.buffer };
  }

  configure(binding: GuestBinding): void {
    this.#inputs = binding.inputs;
    this.#reader = new OutputReader(binding);
    this.#context = { argv: [], environment: binding.environment, stdin: new Uint8Array(0) };
    if (binding.random) this.#random.allow();
  }

  bind(namespace: Readonly<Record<string, unknown>>): string | null {
    const found = namespace['default'] ?? namespace['run'];
    if (typeof found !== 'function') {
      return `the module must export the function: export default function (inputs) { return { … } }; it exports ${Object.keys(namespace).join(', ') || 'nothing'}`;
    }
    this.#handler = found as Handler;
    this.#random.forget();
    return null;
  }

  /** After the input sets comes one more with argv, environment and stdin. */
  run(frame: ArrayBuffer | undefined, names: string, own: readonly ArrayBuffer[]): unknown {
    const declared = this.#inputs;
    const sets = this.#inbox.read(frame, names, own, declared.length + 1);
    const inputs: Record<string, readonly InputItem[]> = {};
    for (let i = 0; i < declared.length; i++) inputs[declared[i] as string] = sets[i] as readonly InputItem[];
    const handler = this.#handler;
    const stdio = sets[declared.length] as readonly InputItem[];
    const result = handler(inputs, stdio.length === 0 ? this.#context : this.#contextOf(stdio));
    if (typeof result !== 'object' || result === null || typeof (result as { then?: unknown }).then !== 'function') return this.#write(result);
    const settle = (state: 'fulfilled' | 'rejected') => (value: unknown): void => {
      this.#settled = state;
      this.#result = value;
    };
    Promise.resolve(result).then(settle('fulfilled'), settle('rejected'));
    return undefined;
  }

  finish(): unknown {
    if (this.#settled === 'fulfilled') return this.#write(this.#result);
    if (this.#settled === 'rejected') throw this.#result;
    throw new Error('the promise that the function returned never settles: nothing is left to run');
  }

  #write(result: unknown): unknown {
    return this.#outbox.write((this.#reader as OutputReaderClass).read(result));
  }

  #contextOf(stdio: readonly InputItem[]): RunContext {
    const item = (name: string): InputItem | undefined => stdio.find((each) => each.name === name);
    const entries = (name: string): readonly string[] => (item(name)?.text() ?? '').split('\0').filter((entry) => entry !== '');
    const environment = { ...this.#context.environment };
    for (const entry of entries('environment')) {
      const at = entry.indexOf('=');
      if (at > 0) environment[entry.slice(0, at)] = entry.slice(at + 1);
    }
    return { argv: entries('argv'), environment, stdin: item('stdin')?.data ?? new Uint8Array(0) };
  }
}

export function guestEntry(random: GuestRandom): GuestEntry {
  const program = new Program(random);
  return {
    ...program.buffers,
    configure: (binding) => program.configure(JSON.parse(binding) as GuestBinding),
    bind: (namespace) => program.bind(namespace),
    run: (frame, names, ...own) => program.run(frame, names, own),
    finish: () => program.finish(),
  };
}

export const runParts: readonly GuestPart[] = [Program, guestEntry];
