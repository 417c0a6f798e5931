// The one entry of every npm script. It runs on any Node from 20 on, installs what the lockfile names when
// that has changed, and hands over to the pinned Node, which runs the TypeScript sources as they are.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.pappus-installed');
const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node');

function lockDigest() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

function installIfChanged() {
  const digest = lockDigest();
  if (existsSync(stamp) && existsSync(pinnedNode) && readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Installing the packages that package-lock.json names …\n');
  // npm's own output goes to stderr: stdout belongs to the command (it may print JSON).
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (npm.status !== 0) {
    process.stderr.write(`npm install failed${npm.error ? `: ${npm.error.message}` : ''}. Check that npm reaches its registry, then run the command again.\n`);
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockDigest());
}

/** The arguments for the pinned Node. */
function commandLine([command, ...rest]) {
  const bin = (name) => join(root, 'node_modules', name);
  switch (command) {
    case 'pappus':
      return ['--conditions=source', join(root, 'packages', 'cli', 'src', 'main.ts'), ...rest];
    case 'test': {
      const project = rest.some((word) => word.startsWith('--project')) ? [] : ['--project', 'unit'];
      return ['--conditions=source', bin('vitest/vitest.mjs'), 'run', ...project, ...rest];
    }
    case 'exec': {
      const [tool, ...args] = rest;
      const entry = { tsc: 'typescript/bin/tsc', oxlint: 'oxlint/bin/oxlint', knip: 'knip/bin/knip.js' }[tool];
      if (entry === undefined) throw new Error(`bootstrap: no tool named ${tool}`);
      return [bin(entry), ...args];
    }
    case 'run':
      return ['--conditions=source', ...rest];
    default:
      throw new Error(`bootstrap: no command named ${command}; it knows pappus, test, exec, run`);
  }
}

installIfChanged();
// Types are stripped and files compiled once for all processes that a command starts, not once for each.
const compileCache = join(root, 'node_modules', '.cache', 'pappus-compile');
const child = spawn(pinnedNode, commandLine(process.argv.slice(2)), { stdio: 'inherit', env: { NODE_COMPILE_CACHE: compileCache, ...process.env } });
child.on('error', (error) => {
  process.stderr.write(`${pinnedNode} does not start: ${error.message}. Remove node_modules, then run the command again.\n`);
  process.exit(1);
});
// A terminal sends Ctrl-C to the child too; a second one would end it before it has cleaned up.
const atTerminal = process.stdin.isTTY || process.stderr.isTTY;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (signal === 'SIGINT' && atTerminal ? undefined : child.kill(signal)));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + ({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGKILL: 9 }[signal] ?? 0)));
