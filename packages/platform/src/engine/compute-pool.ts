/** The gateway's side of the engines: one line of tasks for all threads, and what to do when a thread or a process is lost. */
import { AppError, sleep, type CancelSignal, type Clock, type Logger, type Timer } from '@pappus/core';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { Preparation } from '../sandbox/sandbox.ts';
import type { ComputeEngine, EngineStats, FunctionSource, SegmentResult, SegmentTask } from './compute-engine.ts';
import type { EngineProcessOptions, ThreadEnd } from './engine-process.ts';
import { FunctionShelf } from './function-shelf.ts';
import { PrepareJob, SegmentJob, type Job, type Loss } from './job.ts';
import { MAINTENANCE_INTERVAL_MS, MAX_SHELF_BYTES, MAX_SHELF_FUNCTIONS, MAX_WAITING_PREPARATIONS, MAX_WAITING_TASKS, STOP_GRACE_MS } from './limits.ts';
import { ProcessFleet } from './process-fleet.ts';
import { SegmentPlans } from './segment-plans.ts';
import type { ThreadLink } from './thread-link.ts';
import { WaitingLine } from './waiting-line.ts';

export interface PoolOptions {
  readonly processes: number;
  readonly spareProcesses: number;
  /** Threads that compute, at first and at the most. */
  readonly threads: number;
  readonly maxThreads: number;
  readonly source: FunctionSource;
  readonly process: Omit<EngineProcessOptions, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ComputePool implements ComputeEngine {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #shelf: FunctionShelf;
  readonly #plans: SegmentPlans;
  readonly #fleet: ProcessFleet;
  readonly #tasks = new WaitingLine<SegmentJob>();
  readonly #preparations = new WaitingLine<PrepareJob>();
  /** Tasks whose functions are being loaded. */
  #loading = 0;
  #threads: number;
  #active: readonly ThreadLink[] = [];
  #spare: readonly ThreadLink[] = [];
  /** Threads of processes that a task has for itself. */
  #reserved: ReadonlySet<ThreadLink> = new Set();
  /** Tasks that are to run alone, until they are settled: most often none. */
  readonly #lone = new Set<Job>();
  readonly #written = new Set<ThreadLink>();
  #pumping = false;
  #maintenance: Timer | null = null;
  #threadsEnded = 0;
  #stopping: Promise<void> | null = null;
  readonly #onChange = new Set<() => void>();
  readonly #onAbort = (): void => this.#pumpSoon();

  constructor(options: PoolOptions) {
    const { source, clock, logger } = options;
    this.#options = options;
    this.#clock = clock;
    this.#threads = options.threads;
    this.#shelf = new FunctionShelf(source, { bytes: MAX_SHELF_BYTES, functions: MAX_SHELF_FUNCTIONS });
    this.#plans = new SegmentPlans(this.#shelf);
    this.#fleet = new ProcessFleet({
      serving: options.processes,
      spares: options.spareProcesses,
      process: options.process,
      clock,
      logger,
      changed: () => this.#changed(),
      events: {
        ready: () => {},
        progressed: () => this.#pumpSoon(),
        returned: (job) => this.#putBack([job]),
        threadEnded: (_process, link, end) => this.#threadEnded(link, end),
        died: (process, why) => {
          const loss = { cause: 'engine-lost', step: 0, ranUs: 0, message: why, logs: [] } as const;
          this.#abandonAll([...process.links.values()], loss);
        },
        running: (link, task) => this.#putBack(link.takeBack(task)),
      },
    });
  }

  /** Resolves when the first threads are there. */
  async start(signal: AbortSignal): Promise<void> {
    this.#fleet.fill();
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const there = this.#active.length >= this.#threads;
        if (!there && this.#fleet.hopeless === null && !signal.aborted) return;
        this.#onChange.delete(look);
        signal.removeEventListener('abort', look);
        if (there) resolve();
        else reject(signal.aborted ? signal.reason : noEngines(this.#fleet.hopeless ?? ''));
      };
      this.#onChange.add(look);
      signal.addEventListener('abort', look, { once: true });
      look();
    });
  }

  run(task: SegmentTask, signal: CancelSignal): Promise<SegmentResult> {
    const refusal = this.#refusal(signal, this.#tasks.size + this.#loading, MAX_WAITING_TASKS);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#tasks.push(new SegmentJob(task, this.#plans.of(task.segment), { signal, onAbort: this.#onAbort, resolve, reject }));
      this.#pumpSoon();
    });
  }

  prepare(code: Uint8Array, spec: FunctionSpec, signal: CancelSignal): Promise<Preparation> {
    const refusal = this.#refusal(signal, this.#preparations.size, MAX_WAITING_PREPARATIONS);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#preparations.push(new PrepareJob(code, spec, { signal, onAbort: this.#onAbort, resolve, reject }));
      this.#pumpSoon();
    });
  }

  setThreads(threads: number): void {
    this.#threads = Math.max(1, Math.min(this.#options.maxThreads, Math.trunc(threads)));
    this.#changed();
  }

  stats(): EngineStats {
    let outstanding = 0;
    let running = 0;
    for (const link of [...this.#active, ...this.#spare, ...this.#reserved]) {
      outstanding += link.outstanding;
      if (link.outstanding > 0) running += 1;
    }
    return {
      threads: this.#active.length,
      spares: this.#spare.length,
      queued: this.#tasks.size + this.#loading + outstanding - running,
      running,
      processesLost: this.#fleet.lost,
      threadsEnded: this.#threadsEnded,
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** What was accepted may end; what has not after the grace is refused. */
  async #stopAll(): Promise<void> {
    const untilMs = this.#clock.nowMs() + STOP_GRACE_MS;
    while (this.#busy() && this.#clock.nowMs() < untilMs) await sleep(this.#clock, MAINTENANCE_INTERVAL_MS);
    this.#maintenance?.cancel();
    this.#refuseWaiting(stopped());
    for (const link of [...this.#active, ...this.#spare, ...this.#reserved]) {
      const { running, others } = link.abandon(null);
      for (const job of [running, ...others]) job?.reject(stopped());
    }
    await this.#fleet.stop();
  }

  #busy(): boolean {
    const { queued, running } = this.stats();
    return queued + running + this.#preparations.size > 0;
  }

  #refusal(signal: CancelSignal, waiting: number, limit: number): unknown {
    if (signal.aborted) return signal.reason;
    if (this.#stopping !== null) return stopped();
    if (waiting >= limit) return new AppError('resource-exhausted', `${waiting} calls wait for the engines already`, { retryable: true });
    return null;
  }

  /** At the end of this turn of the event loop: all that came in it leaves in one write per thread. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#lone.size > 0 || this.#reserved.size > 0) this.#reserve();
    if (this.#pumpPreparations()) this.#pumpTasks();
    for (const link of this.#written) link.flush();
    this.#written.clear();
    this.#fleet.endIdle();
    this.#watchOver();
  }

  #pumpTasks(): void {
    const nowMs = this.#clock.nowMs();
    for (;;) {
      const job = this.#tasks.first();
      if (job === null) break;
      if (job.settled) {
        this.#tasks.shift();
        continue;
      }
      const link = job.alone ? this.#idleThread() : this.#threadFor(job, nowMs);
      if (link === null) break;
      this.#tasks.shift();
      if (link.missing(job.plan).some(({ loaded }) => loaded === null)) void this.#load(job);
      else {
        link.sendTask(job);
        this.#sent(link, job);
      }
    }
  }

  #sent(link: ThreadLink, job: Job): void {
    this.#written.add(link);
    if (job.alone) this.#reserve();
  }

  /** Nothing else is sent to the processes of tasks that run alone. */
  #reserve(): void {
    for (const job of this.#lone) if (job.settled) this.#lone.delete(job);
    this.#reserved = this.#fleet.reservedThreads();
    this.#share();
  }

  #threadFor(job: SegmentJob, nowMs: number): ThreadLink | null {
    let best: ThreadLink | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const link of this.#active) {
      const cost = link.costOf(job.plan, nowMs);
      if (cost === null || cost >= least) continue;
      best = link;
      least = cost;
    }
    return best;
  }

  /** Where a task can run alone; null where it has to wait, and all behind it, until there is such a place. */
  #idleThread(): ThreadLink | null {
    return this.#fleet.idleThreads()[0] ?? null;
  }

  /**
   * Modules are prepared by threads that do not compute, as long as there are any: a thousand deployments hold up no call.
   * False when one waits until a process has nothing else to do.
   */
  #pumpPreparations(): boolean {
    for (;;) {
      const job = this.#preparations.first();
      if (job === null) return true;
      const threads = this.#spare.length > 0 ? this.#spare : this.#active.slice(-1);
      const link = job.settled ? null : job.alone ? this.#idleThread() : threads.findLast((each) => each.outstanding === 0);
      if (link === undefined) return true;
      if (link === null && !job.settled) return false;
      this.#preparations.shift();
      if (link === null) continue;
      link.sendPrepare(job as PrepareJob);
      this.#sent(link, job);
    }
  }

  async #load(job: SegmentJob): Promise<void> {
    this.#loading += 1;
    try {
      await Promise.all(job.plan.functions.filter(({ loaded }) => loaded === null).map((shelved) => this.#shelf.load(shelved)));
      this.#putBack([job]);
    } catch (error) {
      job.reject(error);
    } finally {
      this.#loading -= 1;
    }
  }

  /** To the front of the line, in the order given. */
  #putBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    for (const job of jobs.toReversed()) {
      job.takenBack();
      if (job.settled) continue;
      if (this.#stopping !== null) job.reject(stopped());
      else if (job.kind === 'segment') this.#tasks.unshift(job);
      else this.#preparations.unshift(job);
    }
    this.#pumpSoon();
  }

  #threadEnded(link: ThreadLink, { cause, running, step, ranUs, message, logs }: ThreadEnd): void {
    this.#threadsEnded += 1;
    this.#options.logger.log(cause === 'cancelled' ? 'info' : 'warn', 'an engine thread ended', { cause, step, detail: message });
    const why = cause === 'memory' ? 'the heap of the thread was full' : `the thread ended: ${message === '' ? cause : message}`;
    this.#abandon(link, running, cause === 'time' ? { cause: 'time', step, ranUs, message, logs } : { cause: 'engine-lost', step, ranUs, message: why, logs });
  }

  /** A process is gone. Of several tasks that it ran nobody knows which was to blame, and each is tried again alone. */
  #abandonAll(links: readonly ThreadLink[], loss: Loss): void {
    const left = links.map((link) => link.abandon(null));
    const running = left.flatMap((each) => (each.running === null || each.running.settled ? [] : [each.running]));
    for (const job of running) {
      if (running.length === 1 || job.isForsaken) continue;
      job.alone = true;
      this.#lone.add(job);
    }
    this.#putBack(left.flatMap(({ others }) => others));
    this.#putBack(running.filter((job) => (running.length > 1 && !job.isForsaken) || !job.lost(loss)));
  }

  #abandon(link: ThreadLink, runningTask: number | null, loss: Loss): void {
    const { running, others } = link.abandon(runningTask);
    const again = running === null || running.lost(loss) ? others : [running, ...others];
    this.#putBack(again);
  }

  #changed(): void {
    this.#share();
    const { hopeless } = this.#fleet;
    if (hopeless !== null) this.#refuseWaiting(noEngines(hopeless));
    for (const look of [...this.#onChange]) look();
    this.#pumpSoon();
  }

  #share(): void {
    const usable = this.#fleet.usableThreads().filter((link) => !this.#reserved.has(link));
    this.#active = usable.slice(0, this.#threads);
    this.#spare = usable.slice(this.#threads);
  }

  #refuseWaiting(reason: AppError): void {
    for (const job of [...this.#tasks.takeAll(), ...this.#preparations.takeAll()]) job.reject(reason);
  }

  /** As long as tasks wait behind others on their threads: those behind one that takes long are taken back. */
  #watchOver(): void {
    if (this.#maintenance !== null || this.#stopping !== null) return;
    if (!this.#working().some((link) => link.outstanding > 1 || link.isForsaken)) return;
    this.#maintenance = this.#clock.schedule(MAINTENANCE_INTERVAL_MS, () => {
      this.#maintenance = null;
      this.#maintain();
    }, { background: true });
  }

  #working(): readonly ThreadLink[] {
    return this.#reserved.size === 0 ? this.#active : [...this.#active, ...this.#reserved];
  }

  #maintain(): void {
    const nowMs = this.#clock.nowMs();
    for (const link of this.#working()) {
      const task = link.takeForsaken(nowMs);
      if (task !== 0) this.#fleet.processOf(link)?.cancel(link, task);
    }
    if (this.#active.length > 1) {
      for (const link of this.#active) if (link.shouldRecall(nowMs)) this.#fleet.processOf(link)?.recall(link);
    }
    this.#pump();
  }
}

const stopped = (): AppError => new AppError('unavailable', 'the engines are stopped', { retryable: true });
const noEngines = (why: string): AppError => new AppError('unavailable', `no engine process comes up: ${why}`, { retryable: true });
