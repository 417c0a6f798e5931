/**
 * Sandboxes whose guest code is a word and perhaps an argument, for tests of what stands around them. They do what no
 * guest can, such as killing their process, since that is what the gateway has to bear.
 */
import { pbkdf2Sync } from 'node:crypto';
import { existsSync, writeSync } from 'node:fs';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { webAssembly } from '../../module/web-assembly.ts';
import type { ModuleReport, Preparation, PreparedModule, RunOutcome, Sandbox, SandboxFactory } from '../../sandbox/sandbox.ts';
import type { Item, ItemSet, Sets } from '../../sets/item.ts';

export const FAKE_REPORT: ModuleReport = { mode: 'reset', reasons: [], abi: 'lean', imports: [], memory: { initialPages: 1, maximumPages: 1 }, functions: 1, tableEntries: 0 };

type Run = (inputs: Sets, spec: FunctionSpec, argument: string) => RunOutcome;

const done = (outputs: Sets): RunOutcome => ({ kind: 'done', outputs, log: null });
const named = (spec: FunctionSpec, items: readonly Item[]): RunOutcome => done(spec.outputs.map((name, index) => ({ name, items: index === 0 ? items : [] })));
const allItems = (sets: Sets): Item[] => sets.flatMap((set) => set.items);
const copied = (item: Item): Item => ({ ...item, data: new Uint8Array(item.data) });

function spinFor(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** (module (func (export "run") (loop (br 0)))) */
const LOOP = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11);

const held: Buffer[] = [];

const RUNS: Readonly<Record<string, Run>> = {
  echo: (inputs, spec) => named(spec, allItems(inputs).map(copied)),
  upper: (inputs, spec) => named(spec, allItems(inputs).map((item) => ({ ...item, data: Buffer.from(Buffer.from(item.data).toString().toUpperCase()) }))),
  split: (_inputs, spec, argument) => named(spec, Array.from({ length: Number(argument) }, (_, key) => ({ name: `part-${key}`, key, data: Buffer.from(`${key}`) }))),
  spin: (inputs, spec, argument) => {
    spinFor(Number(argument));
    return named(spec, allItems(inputs).map(copied));
  },
  loop: () => {
    for (;;);
  },
  'wasm-loop': () => {
    const { run } = new webAssembly.Instance(new webAssembly.Module(LOOP), {}).exports;
    (run as () => void)();
    return done([]);
  },
  /** For minutes, and nothing can end it but the end of its process. */
  stuck: () => {
    pbkdf2Sync('', '', 2 ** 30, 64, 'sha512');
    return done([]);
  },
  trap: () => ({ kind: 'failed', failure: { kind: 'trap', trap: 'unreachable', functionName: 'main', offset: 12 }, log: null }),
  throw: () => {
    throw new Error('a defect of the sandbox');
  },
  heap: () => {
    const hoard: string[][] = [];
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => `${hoard.length}-${index}`));
  },
  /** Kills the process that runs it. */
  die: () => {
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  },
  /** Kills the process as long as the named file is not there. */
  'die-unless': (inputs, spec, file) => {
    if (!existsSync(file)) {
      process.kill(process.pid, 'SIGKILL');
      for (;;);
    }
    return named(spec, allItems(inputs).map(copied));
  },
  leave: () => process.exit(0),
  /** Writes what is no frame to all data channels. */
  scribble: (inputs, spec) => {
    for (let fd = 4; fd < 8; fd++) writeSync(fd, Buffer.alloc(64, 0xff));
    return named(spec, allItems(inputs).map(copied));
  },
  /** Keeps so many MiB. */
  hold: (_inputs, spec, argument) => {
    held.push(Buffer.alloc(Number(argument) * 2 ** 20, 1));
    return named(spec, []);
  },
};

class FakeSandbox implements Sandbox {
  readonly mode = 'reset';
  readonly keptBytes: number;
  readonly #spec: FunctionSpec;
  readonly #run: Run;
  readonly #argument: string;

  constructor(code: string, spec: FunctionSpec) {
    const [word = '', argument = ''] = code.split(' ');
    const run = RUNS[word];
    if (run === undefined) throw new Error(`no fake function ${word}`);
    this.#run = run;
    this.#argument = argument;
    this.#spec = spec;
    this.keptBytes = 1_000;
  }

  run(inputs: Sets, stdio: ItemSet | null): RunOutcome {
    return this.#run(stdio === null ? inputs : [...inputs, stdio], this.#spec, this.#argument);
  }

  lend(inputs: Sets, stdio: ItemSet | null): RunOutcome {
    return this.run(inputs, stdio);
  }

  settle(): void {}

  rest(): void {}

  wake(): void {}
}

export function createSandboxFactory(): SandboxFactory {
  return {
    prepare: async (code): Promise<Preparation> => {
      const text = Buffer.from(code).toString();
      if (text === 'loop') for (;;);
      if (text === 'bad') return { kind: 'refused', problems: ['it is bad', 'it is ugly'] };
      return { kind: 'prepared', module: { bytes: code, report: FAKE_REPORT } };
    },
    open: async (module: PreparedModule, spec) => new FakeSandbox(Buffer.from(module.bytes).toString(), spec),
  };
}
