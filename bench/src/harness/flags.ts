/** The flags that all benches have, with each bench's own defaults. */
import { parseArgs } from 'node:util';

export interface BenchFlags {
  /** Measured rounds; one unmeasured round comes before them. */
  readonly rounds: number;
  readonly scaleFactors: readonly number[];
  readonly workers: number;
  readonly workerMemoryBytes: number;
  readonly queries: readonly number[];
  /** Holds `sf1`, `sf0.1` and so on; null for the cache below node_modules. */
  readonly data: string | null;
  /** No new round begins after so many minutes. */
  readonly minutes: number;
  readonly json: boolean;
  /** Only to see that everything works: small data, one round. */
  readonly smoke: boolean;
  /** What is made for the documentation goes into `docs`, and not beside the bench. */
  readonly docs: boolean;
}

export type Defaults = Omit<BenchFlags, 'data' | 'json' | 'smoke' | 'docs'>;

/** All 22. */
export const TPCH_QUERIES: readonly number[] = Array.from({ length: 22 }, (_, index) => index + 1);

const GIB = 1024 ** 3;

export const DEFAULTS: Defaults = { rounds: 5, scaleFactors: [1], workers: 4, workerMemoryBytes: 2 * GIB, queries: TPCH_QUERIES, minutes: 15 };

/** What `--smoke` sets, whichever bench it is. */
const SMOKE: Partial<Defaults> = { rounds: 1, scaleFactors: [0.01], minutes: 1 };

const OPTIONS = {
  rounds: { type: 'string' },
  sf: { type: 'string' },
  workers: { type: 'string' },
  'worker-memory': { type: 'string' },
  queries: { type: 'string' },
  data: { type: 'string' },
  minutes: { type: 'string' },
  json: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  docs: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export const USAGE = `Flags: --rounds N  --sf 0.1,1  --workers N  --worker-memory 256MB  --queries 1,3,5-7  --minutes N (no new round after that)
       --data DIR (with sf1/, sf0.1/ …; made there when missing)  --json (one document instead of tables)  --smoke (small data, one round)
       --docs (charts and their tables go to docs/)`;

export class UsageError extends Error {}

export function readFlags(args: readonly string[], own: Partial<Defaults>, ownSmoke: Partial<Defaults>): BenchFlags {
  const { values } = parse(args);
  if (values.help) throw new UsageError(USAGE);
  const defaults: Defaults = { ...DEFAULTS, ...own, ...(values.smoke ? { ...SMOKE, ...ownSmoke } : {}) };
  return {
    rounds: wholeNumber('rounds', values.rounds) ?? defaults.rounds,
    scaleFactors: numbers('sf', values.sf) ?? defaults.scaleFactors,
    workers: wholeNumber('workers', values.workers) ?? defaults.workers,
    workerMemoryBytes: bytes('worker-memory', values['worker-memory']) ?? defaults.workerMemoryBytes,
    queries: queryNumbers(values.queries) ?? defaults.queries,
    data: values.data ?? null,
    minutes: numbers('minutes', values.minutes)?.[0] ?? defaults.minutes,
    json: values.json,
    smoke: values.smoke,
    docs: values.docs,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>> {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (thrown) {
    throw new UsageError(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${USAGE}`);
  }
}

const wrong = (flag: string, text: string): UsageError => new UsageError(`--${flag} ${text}: not understood.\n${USAGE}`);

function numbers(flag: string, text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const values = text.split(',').map(Number);
  if (values.some((value) => !(value > 0))) throw wrong(flag, text);
  return values;
}

function wholeNumber(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw wrong(flag, text);
  return Number(text);
}

function bytes(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, size, unit] = /^(\d+)([MG])B$/i.exec(text) ?? [];
  if (size === undefined || unit === undefined) throw wrong(flag, text);
  return Number(size) * (unit.toUpperCase() === 'G' ? GIB : 1024 ** 2);
}

function queryNumbers(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    const chosen = TPCH_QUERIES.filter((number) => number >= Number(from) && number <= Number(to));
    if (chosen.length === 0) throw wrong('queries', text);
    return chosen;
  });
}
