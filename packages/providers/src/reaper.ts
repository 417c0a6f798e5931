/**
 * Ends a provider's processes and removes their folders when the provider's own process dies, however it dies.
 * The reaper is one small shell in a session of its own. Its stdin is a pipe whose other end only the provider
 * holds: the kernel closes it with the provider, kill -9 included, and that is the reaper's signal.
 *
 * Why not in each instance: a watcher thread costs it some 20 ms of start-up and memory, PR_SET_PDEATHSIG needs a
 * native library (20 ms as well), neither can remove the folder afterwards, and a busy main thread cannot watch
 * itself. Each instance has a second string all the same (`instance-preload.ts`), should the reaper be killed too.
 *
 *   provider → reaper   "+ PID"   kill this process group at the end
 *                       "- PID"   it is gone
 *                       "f PATH"  remove this file at the end
 *                       EOF       kill all that are left, remove the folder and the files, exit
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { assert, withDeadline, type Clock, type Logger } from '@pappus/core';
import { REAPER_GRACE_MS } from './limits.ts';

// The processes may take a moment to die and to stop writing: hence the loop. Signals that a terminal or a shutdown
// sends to everybody must not end the one who cleans up.
const SCRIPT = `
trap '' INT TERM HUP QUIT
pids=' '
folder=$1
shift
while IFS= read -r line; do
  what=\${line#??}
  case $line in
    +*) pids="$pids$what " ;;
    -*) pids="\${pids%% $what *} \${pids#* $what }" ;;
    f*) set -- "$@" "$what" ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid"; done
rm -f -- "$@"
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$folder"
  [ -e "$folder" ] || exit 0
  sleep 0.1 || sleep 1
done
`;

export class Reaper {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pids = new Set<number>();
  readonly #files: string[] = [];
  #shell: ChildProcess;
  #stopped = false;

  constructor(folder: string, clock: Clock, logger: Logger) {
    this.#folder = folder;
    this.#clock = clock;
    this.#logger = logger;
    this.#shell = this.#start();
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#tell(`+ ${pid}`);
  }

  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#tell(`- ${pid}`);
  }

  /** An absolute path. */
  addFile(path: string): void {
    assert(!path.includes('\n'), 'the reaper reads lines');
    this.#files.push(path);
    this.#tell(`f ${path}`);
  }

  /** Ends the reaper; what it still watches ends with it. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const shell = this.#shell;
    if (shell.exitCode !== null || shell.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => void shell.once('exit', () => resolve()));
    shell.stdin?.end();
    await withDeadline({ clock: this.#clock, timeoutMs: REAPER_GRACE_MS, waitingFor: 'the reaper to end' }, () => gone).catch(() => shell.kill('SIGKILL'));
  }

  #start(): ChildProcess {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'pappus-reaper', this.#folder], { cwd: '/', env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    shell.unref();
    shell.stdin?.on('error', () => {}); // it died: `exit` follows
    shell.on('error', (error) => this.#logger.log('error', 'no reaper: instances may outlive this process', { detail: error.message }));
    shell.on('exit', () => this.#replace());
    return shell;
  }

  /** Somebody killed it. */
  #replace(): void {
    if (this.#stopped) return;
    this.#logger.log('warn', 'the reaper was killed and is replaced');
    this.#shell = this.#start();
    for (const pid of this.#pids) this.#tell(`+ ${pid}`);
    for (const path of this.#files) this.#tell(`f ${path}`);
  }

  #tell(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }
}
