/** The commands of the platform and their flags. */
import { Command, Option } from 'commander';
import { wholeNumber } from '../option-values.ts';
import type { CommandContext } from '../program.ts';
import { byteSize, duration, nameList, repeated, variable } from './flags.ts';

export function addPlatform(root: Command, context: CommandContext): void {
  root.commandsGroup('Functions and compositions:');
  addServe(root, context);
  addDev(root, context);
  addDeploy(root, context);
  addInvoke(root, context);
  addCheck(root, context);
  addRegistered(root, context);
  addObserving(root, context);
  addToken(root, context);
}

const withServer = (command: Command): Command =>
  command
    .option('--server <url>', 'the server (PAPPUS_SERVER; default: http://127.0.0.1:7077)')
    .option('--token <token>', 'bearer token; the variable PAPPUS_TOKEN is not seen in process lists');

const jsonOption = (what: string): Option => new Option('--json', what);
const portOption = (): Option => new Option('--port <n>', 'port; 0 takes a free one (default: 7077)').argParser(wholeNumber(0, 65_535));
const threadsOption = (): Option => new Option('--threads <n>', 'threads that run functions (default: cores)').argParser(wholeNumber(1, 256));
const allowOption = (): Option => new Option('--allow-http <pattern>', 'a destination that compositions may fetch from, such as https://api.example.com/*; several times for several').argParser(repeated);
const filesOption = (): Option => new Option('--files <folder>', 'folder that compositions may read');

function addServe(root: Command, context: CommandContext): void {
  root.command('serve')
    .description('Run a server: functions and compositions over HTTP, kept on disk.')
    .option('--folder <path>', 'where what is deployed is kept (default: ~/.local/share/pappus)')
    .addOption(portOption())
    .option('--host <address>', 'address to listen on; beyond 127.0.0.1 --token-file is required')
    .addOption(threadsOption())
    .addOption(allowOption())
    .addOption(filesOption())
    .option('--token-file <path>', 'JSON file of the tokens that are taken: {"tokens": [ … ]} with entries of pappus token')
    .option('--config <path>', 'JSON file of everything that can be set; flags count more')
    .addOption(jsonOption('address and folder as JSON'))
    .addHelpText('after', SERVE_HELP)
    .action(async (options) => (await import('../commands/serve.ts')).serve(context, options));
}

const SERVE_HELP = `
Log lines go to standard error as JSON, requests that failed and some of the others among them; PAPPUS_LOG=debug, info,
warn or error says from which level on (default: info).

Examples:
  pappus serve
  pappus serve --port 8080 --allow-http "https://*.example.com/*" --files ./data`;

function addDev(root: Command, context: CommandContext): void {
  root.command('dev')
    .description('Serve, deploy everything in a folder, and deploy again what is saved.')
    .argument('<folder>', 'functions, compositions, and a pappus.json with what these do not say themselves')
    .option('--folder <path>', 'where what is deployed is kept (default: a temporary folder)')
    .addOption(portOption())
    .addOption(threadsOption())
    .addOption(allowOption())
    .addOption(filesOption())
    .addHelpText('after', DEV_HELP)
    .action(async (folder: string, options) => (await import('../commands/dev.ts')).dev(context, folder, options));
}

const DEV_HELP = `
Deployed are .pcl files, .wasm files that pappus.json lists, and .ts and .js files that it lists or that export the
names of their sets: export const inputs = ['a']; export const outputs = ['b'];

Example:
  pappus dev examples/word-count        then, elsewhere: pappus invoke word_count --set texts=@examples/word-count/texts`;

function addDeploy(root: Command, context: CommandContext): void {
  withServer(root.command('deploy'))
    .description('Deploy functions (.wasm, .ts, .js) and compositions (.pcl).')
    .argument('<file...>', 'the files; a folder stands for all of them in it')
    .option('--name <name>', 'name of the function (default: that of the file); compositions have theirs in their text')
    .optionsGroup('Options for functions (flags count more than pappus.json, and that more than the source):')
    .option('--in <names>', 'names of the input sets, such as a,b', nameList)
    .option('--out <names>', 'names of the output sets', nameList)
    .option('--memory <size>', 'most memory of a run, such as 64MB (default: 64MB)', byteSize)
    .option('--time <time>', 'longest time of a run, such as 500ms or 30s (default: 30s)', duration)
    .option('--output-bytes <size>', 'most bytes of output of a run (default: 256MB)', byteSize)
    .option('--output-items <n>', 'most output items of a run (default: 10000)', wholeNumber(1, 2 ** 31))
    .option('--log-bytes <size>', 'most bytes kept of stdout and of stderr of a run (default: 64KB)', byteSize)
    .option('--concurrency <n>', 'most runs at once (default: 1024)', wholeNumber(1, 2 ** 31))
    .option('--memoize', 'keep results by function and input')
    .option('--env <name=value>', 'an environment variable that it sees; several times for several', variable)
    .option('--clock', 'it sees the time')
    .option('--random', 'it sees randomness')
    .optionsGroup('Options:')
    .addOption(jsonOption('what was deployed as JSON'))
    .addHelpText('after', '\nExamples:\n  pappus deploy thumbnail.wasm --in image --out thumb --memory 64MB --time 2s\n  pappus deploy classify.ts pipeline.pcl\n  pappus deploy examples/word-count')
    .action(async (files: readonly string[], options) => (await import('../commands/deploy.ts')).deployFiles(context, files, options));
}

const INVOKE_HELP = `
What --set takes:
  images=@photos/    each file below the folder is an item, called by its path in the folder; hidden ones are left out
  q=@question.txt    the file is an item
  q=@-               standard input is an item
  q="some text"      the text is an item
  q:7=@a.txt         with the key 7

One output item goes to standard output as it is; of several there is a list, and --out writes them to files.

Examples:
  pappus invoke pipeline --set images=@photos/ --out thumbs
  echo "to be or not to be" | pappus invoke count --set text=@-`;

function addInvoke(root: Command, context: CommandContext): void {
  withServer(root.command('invoke'))
    .description('Run a function or a composition.')
    .argument('<name>', 'its name, or NAME@HASH for an older version')
    .option('-s, --set <name=value>', 'items of an input set; several times for several', repeated)
    .option('-o, --out <folder>', 'write output items to FOLDER/<set>/<item>, over files that are there')
    .option('--timeout <time>', 'give up after this time, such as 10s (default: that of the server, 10 minutes where it is not told another)', duration)
    .option('--trace', 'show where the time went')
    .option('-q, --quiet', 'no line with time and invocation')
    .addOption(jsonOption('outputs as one JSON document, bytes in base64'))
    .addHelpText('after', INVOKE_HELP)
    .action(async (name: string, options) => (await import('../commands/invoke.ts')).invoke(context, name, options));
}

function addCheck(root: Command, context: CommandContext): void {
  root.command('check')
    .description('Check compositions without a server.')
    .argument('<file...>', '.pcl files; - is standard input')
    .addOption(jsonOption('what is wrong as JSON'))
    .addHelpText('after', '\nExample:\n  pappus check pipeline.pcl')
    .action(async (files: readonly string[], options) => (await import('../commands/check.ts')).check(context, files, options));
}

function addRegistered(root: Command, context: CommandContext): void {
  withServer(root.command('ls'))
    .description('List what is deployed.')
    .addOption(jsonOption('the list as JSON'))
    .addHelpText('after', '\nExample:\n  pappus ls')
    .action(async (options) => (await import('../commands/registered.ts')).list(context, options));
  withServer(root.command('describe'))
    .description('Show a function or composition: sets, isolation and why, limits, versions, callers.')
    .argument('<name>', 'its name, or NAME@HASH')
    .addOption(jsonOption('everything as JSON'))
    .addHelpText('after', '\nExample:\n  pappus describe thumbnail')
    .action(async (name: string, options) => (await import('../commands/registered.ts')).describe(context, name, options));
  withServer(root.command('rm'))
    .description('Remove a function or composition, or one version of it.')
    .argument('<name>', 'its name, or NAME@HASH')
    .option('--force', 'even if compositions call it')
    .addOption(jsonOption('what was removed as JSON'))
    .addHelpText('after', '\nExample:\n  pappus rm thumbnail@0123abcd      one version')
    .action(async (name: string, options) => (await import('../commands/registered.ts')).remove(context, name, options));
}

function addObserving(root: Command, context: CommandContext): void {
  withServer(root.command('logs'))
    .description('Show what a function wrote to stdout and stderr.')
    .argument('<name>', 'its name')
    .option('-f, --follow', 'go on as more is written')
    .addOption(jsonOption('one JSON object a line'))
    .addHelpText('after', '\nExample:\n  pappus logs thumbnail --follow')
    .action(async (name: string, options) => (await import('../commands/logs.ts')).logs(context, name, options));
  withServer(root.command('trace'))
    .description('Show the runs of an invocation on a timeline.')
    .argument('<invocation>', 'its id, as invoke and errors give it')
    .addOption(jsonOption('the trace as JSON'))
    .addHelpText('after', '\nExample:\n  pappus trace 9f2c41d07b3e8a65-1   (an invocation that invoke has named)')
    .action(async (invocation: string, options) => (await import('../commands/trace.ts')).trace(context, invocation, options));
}

function addToken(root: Command, context: CommandContext): void {
  root.command('token')
    .description('Make a bearer token, and its entry for the token file of a server.')
    .argument('<name>', 'whose it is: logs and quotas go by it')
    .addOption(jsonOption('token and entry as JSON'))
    .addHelpText('after', TOKEN_HELP)
    .action(async (name: string, options) => (await import('../commands/token.ts')).token(context, name, options));
}

const TOKEN_HELP = `
Example:
  pappus token ci         the token, for PAPPUS_TOKEN of its user, and {"name":"ci","sha256":"…"}
Into the file of pappus serve --token-file goes the second line; quotas are optional:
  {"tokens": [{"name": "ci", "sha256": "…", "quotas": {"invocationsPerMinute": 600, "bytesPerMinute": null, "concurrent": 8}}]}`;
