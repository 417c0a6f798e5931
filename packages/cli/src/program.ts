/** The command line: which commands and flags there are. Commands are loaded when they are called. */
import { Command, CommanderError, Option } from 'commander';
import { AppError } from '@pappus/core';
import { exitStatus, printFailure } from './failure.ts';
import { interruptible, isReaderGone } from './interrupt.ts';
import { memorySize, positiveNumber, queryNumbers, wholeNumber } from './option-values.ts';
import { READER_GONE_STATUS } from './output/flush.ts';
import { addPlatform } from './platform/program.ts';

export interface CliStreams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/** What every command gets. */
export interface CommandContext extends CliStreams {
  readonly signal: AbortSignal;
}

/** Runs one command line; resolves with the exit status. */
export async function runCli(args: readonly string[], streams: CliStreams): Promise<number> {
  const json = args.includes('--json');
  return interruptible(streams, async (signal) => {
    try {
      await program({ ...streams, signal }, json).parseAsync(args, { from: 'user' });
      return 0;
    } catch (thrown) {
      if (thrown instanceof CommanderError) return endedParsing(streams, thrown, json);
      if (isReaderGone(signal.reason)) return READER_GONE_STATUS;
      printFailure(streams.err, signal.aborted ? signal.reason : thrown, json);
      return exitStatus(signal.aborted ? signal.reason : thrown);
    }
  });
}

/** Commander has told people already. */
function endedParsing({ err }: CliStreams, { exitCode, message }: CommanderError, json: boolean): number {
  if (exitCode === 0) return 0;
  if (json) printFailure(err, new AppError('invalid-argument', message.replace(/^error: /, '')), json);
  return 2;
}

const workersOption = (count: number): Option => new Option('-w, --workers <n>', 'function workers').argParser(wholeNumber(1, 256)).default(count);
const rowsOption = (): Option => new Option('--rows-per-worker <n>', 'a stage runs on one worker for each so many rows, up to all; 0: always on all (default: 122880)').argParser(wholeNumber(0, 2 ** 31));
const exchangeOption = (): Option => new Option('--exchange <kind>', 'how rows travel between stages').choices(['direct', 'store']).default('direct');
const profileOption = (): Option => new Option('--store-profile <name>', 'how the embedded object store behaves: as fast as it can, or with the latency of S3').choices(['none', 's3']).default('none');
const memoryOption = (): Option => new Option('--worker-memory <size>', 'memory of each worker, such as 512MB or 2GB').argParser(memorySize).default(2 * 1024 ** 3, '2GB');

/** Where objects are, for tables and for the store exchange. The usual AWS variables say it as well. */
function addObjectStore(command: Command): Command {
  return command
    .optionsGroup('Options for object stores:')
    .option('--endpoint <url>', 'S3-compatible endpoint (AWS_ENDPOINT_URL)')
    .option('--region <name>', 'its region (AWS_REGION)')
    .option('--access-key-id <id>', 'key for it (AWS_ACCESS_KEY_ID)')
    .option('--secret-access-key <key>', 'its secret; the variable AWS_SECRET_ACCESS_KEY is not seen in process lists')
    .option('--store <location>', 's3://bucket/prefix for the objects of the store exchange, instead of the embedded store')
    .optionsGroup('Options:');
}

function program(context: CommandContext, json: boolean): Command {
  const root = new Command('pappus')
    .description('SQL over Parquet on function workers; functions in sandboxes, and compositions of them.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(pappus --help shows what there is)')
    .configureOutput({ writeOut: (text) => void context.out.write(text), writeErr: (text) => void (json || context.err.write(text)) });
  root.commandsGroup('Analytics:');
  addQuery(root, context);
  addExplain(root, context);
  addTpch(root, context);
  addDemo(root, context);
  addPlatform(root, context);
  root.commandsGroup('Commands:');
  for (const command of root.commands) finished(command, `pappus ${command.name()}`);
  return root;
}

/** A mistake throws, and points at the help of its command. */
function finished(command: Command, line: string): void {
  command.exitOverride().showHelpAfterError(`(${line} --help shows what there is)`);
  for (const inner of command.commands) finished(inner, `${line} ${inner.name()}`);
}

function addQuery(root: Command, context: CommandContext): void {
  addObjectStore(root.command('query'))
    .description('Run one SQL query over Parquet on function workers.')
    .argument('[sql]', 'the query; or give a file with -f')
    .option('-t, --tables <location>', 'folder of Parquet files and folders, or s3://bucket/prefix', '.')
    .option('-f, --file <path>', 'read the query from a file; - is standard input')
    .addOption(workersOption(4))
    .addOption(rowsOption())
    .addOption(memoryOption())
    .addOption(exchangeOption())
    .addOption(profileOption())
    .addOption(new Option('--format <name>', 'form of the result').choices(['table', 'json', 'csv', 'parquet']).default('table'))
    .option('-o, --out <file>', 'write the result to a file')
    .option('--profile', 'show where each stage spent its time')
    .option('--json', 'one JSON document with result, statistics and bill')
    .addHelpText('after', QUERY_EXAMPLES)
    .action(async (sql: string | undefined, options) => (await import('./commands/query.ts')).query(context, sql, options));
}

const QUERY_EXAMPLES = `
Examples:
  pappus query --tables ./data --workers 8 "SELECT count(*) FROM lineitem"
  pappus query -t ./data -f report.sql --format csv --out report.csv
  pappus query -t s3://bucket/prefix "FROM orders LIMIT 5"     endpoint, region and keys by flags or the AWS_ variables`;

function addExplain(root: Command, context: CommandContext): void {
  addObjectStore(root.command('explain'))
    .description('Show the stages of a query: their SQL, their exchanges, and why something is not distributed.')
    .argument('[sql]', 'the query; or give a file with -f')
    .option('-t, --tables <location>', 'folder of Parquet files and folders, or s3://bucket/prefix', '.')
    .option('-f, --file <path>', 'read the query from a file; - is standard input')
    .addOption(workersOption(4))
    .addOption(rowsOption())
    .option('--json', 'the plan as JSON')
    .addHelpText('after', '\nExample:\n  pappus explain -t ./data "SELECT o_orderpriority, count(*) FROM orders GROUP BY ALL"')
    .action(async (sql: string | undefined, options) => (await import('./commands/explain.ts')).explain(context, sql, options));
}

function addTpch(root: Command, context: CommandContext): void {
  const tpch = root.command('tpch').description('TPC-H: make the data, run the queries.');
  tpch.command('generate')
    .description('Generate the eight tables as Parquet; goes on where an earlier run stopped.')
    .addOption(new Option('--sf <factor>', 'scale factor').argParser(positiveNumber).default(0.1))
    .requiredOption('-o, --out <folder>', 'where the tables go')
    .option('--threads <n>', 'generating threads (default: cores)', wholeNumber(1, 256))
    .option('--json', 'the tables as JSON')
    .addHelpText('after', '\nExample:\n  pappus tpch generate --sf 1 --out ./data')
    .action(async (options) => (await import('./commands/tpch-generate.ts')).tpchGenerate(context, options));
  addObjectStore(tpch.command('run'))
    .description('Run TPC-H queries on function workers, and with --check compare each with one DuckDB process.')
    .addOption(new Option('--sf <factor>', 'scale factor; generated data are cached').argParser(positiveNumber).default(0.1))
    .option('-t, --tables <location>', 'tables that are there already')
    .option('-q, --queries <list>', 'such as 1,3,5-7 (default: all)', queryNumbers)
    .option('--seed <n>', 'random parameters from this seed instead of the validation parameters', wholeNumber(0, 2 ** 31))
    .addOption(workersOption(4))
    .addOption(rowsOption())
    .addOption(memoryOption())
    .addOption(exchangeOption())
    .addOption(profileOption())
    .option('--check', 'compare the results with one DuckDB process on the same files')
    .option('--profile', 'show where each query spent its time')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  pappus tpch run --sf 0.1 --workers 4 --check\n  pappus tpch run --queries 5,8,21 --exchange store --store-profile s3')
    .action(async (options) => (await import('./commands/tpch-run.ts')).tpchRun(context, options));
}

function addDemo(root: Command, context: CommandContext): void {
  root.command('demo')
    .description('The main job on generated data: TPC-H queries with the direct exchange and through an object store with the latency of S3.')
    .addOption(new Option('--sf <factor>', 'scale factor').argParser(positiveNumber).default(0.1))
    .addOption(workersOption(4))
    .option('-q, --queries <list>', 'such as 1,3,5-7', queryNumbers)
    .action(async (options) => (await import('./commands/demo.ts')).demo(context, options));
}
