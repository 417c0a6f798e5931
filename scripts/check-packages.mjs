// Packs the packages as they would be published, installs the packed files in an empty folder, and runs a query with
// them: what a user gets has no sources and no `source` condition. Run `npm run build` first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'pappus-packed-'));

/** What a program prints; ends this one with its output when it fails or takes longer than `seconds`. */
function run(program, args, cwd, seconds = 60) {
  const done = attempt(program, args, cwd, seconds);
  return done.status === 0 ? done.stdout : fail(program, args, done);
}

function fail(program, args, done) {
  throw new Error(`${program} ${args.join(' ')} ended with ${done.status ?? done.signal}\n${done.stdout}${done.stderr}`);
}

/** As `run`, but starts npm once more where it did not end in time: it has hung once in some thousand runs, packing. */
function npm(args, cwd, seconds) {
  const done = attempt('npm', args, cwd, seconds);
  if (done.error?.code !== 'ETIMEDOUT') return done.status === 0 ? done.stdout : fail('npm', args, done);
  console.log(`npm ${args[0]} did not end within ${seconds} s in ${cwd}; once more`);
  return run('npm', args, cwd, seconds);
}

function attempt(program, args, cwd, seconds) {
  const env = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false' };
  return spawnSync(program, args, { cwd, encoding: 'utf8', timeout: seconds * 1000, killSignal: 'SIGKILL', env });
}

/** The packed files, by package name. */
function pack() {
  const packed = {};
  for (const name of readdirSync(join(root, 'packages'))) {
    const source = join(root, 'packages', name);
    if (!existsSync(join(source, 'dist', 'index.js'))) throw new Error(`packages/${name} has no dist: run \`npm run build\` first`);
    const [report] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], source, 30));
    const tests = report.files.filter(({ path }) => /\.test\.|-suite\./.test(path));
    if (tests.length > 0) throw new Error(`packages/${name} would publish tests: ${tests[0].path}`);
    packed[`@pappus/${name}`] = `file:${join(folder, report.filename)}`;
  }
  return packed;
}

function checkInstalled(packed) {
  const home = join(folder, 'user');
  mkdirSync(home);
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'cli', 'package.json'), 'utf8'));
  const overrides = Object.fromEntries(Object.keys(packed).map((name) => [name, `$${name}`]));
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies: packed, overrides }));
  npm(['install', '--loglevel=error'], home, 120);
  const pappus = (...args) => run(process.execPath, [join(home, 'node_modules', '@pappus', 'cli', 'dist', 'main.js'), ...args], home);
  if (!pappus('--help').includes('Usage: pappus')) throw new Error('pappus --help shows no usage');
  if (!pappus('--version').includes(version)) throw new Error(`pappus --version is not ${version}`);
  pappus('tpch', 'generate', '--sf', '0.01', '--out', 'data');
  const answer = pappus('query', '--tables', 'data', '--workers', '2', '--format', 'csv', 'SELECT l_returnflag, count(*) AS lines FROM lineitem GROUP BY ALL ORDER BY ALL');
  if (!/^R,1\d{4}$/m.test(answer)) throw new Error(`the query gave\n${answer}`);
}

try {
  const packed = pack();
  checkInstalled(packed);
  console.log(`packed and installed ${Object.keys(packed).length} packages; pappus runs a query from them`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
