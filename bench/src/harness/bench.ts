/** Runs one bench: flags, report, a clean end on Ctrl-C, and the exit status. */
import { enableCompileCache } from 'node:module';
import { readFlags, UsageError, type BenchFlags, type Defaults } from './flags.ts';
import { compileCacheFolder } from './folders.ts';
import { Report } from './report.ts';

export interface BenchContext {
  readonly flags: BenchFlags;
  readonly report: Report;
  readonly signal: AbortSignal;
}

export interface Bench {
  readonly name: string;
  readonly defaults: Partial<Defaults>;
  readonly smoke: Partial<Defaults>;
  run(context: BenchContext): Promise<void>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function runBench(bench: Bench): Promise<void> {
  enableCompileCache(compileCacheFolder);
  const controller = new AbortController();
  for (const name of SIGNALS) process.on(name, () => controller.abort(new Error(`ended by ${name}`)));
  process.exitCode = await statusOf(bench, controller.signal);
}

async function statusOf(bench: Bench, signal: AbortSignal): Promise<number> {
  try {
    const flags = readFlags(process.argv.slice(2), bench.defaults, bench.smoke);
    const report = new Report({ bench: bench.name, json: flags.json, smoke: flags.smoke, write: (line) => void process.stdout.write(`${line}\n`) });
    await bench.run({ flags, report, signal }).catch((thrown: unknown) => {
      if (signal.aborted) throw signal.reason;
      report.fail(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    });
    return report.end();
  } catch (thrown) {
    if (signal.aborted) return 130;
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    return 2;
  }
}
