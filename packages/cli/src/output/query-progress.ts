/** What a running query has done so far, as one line. */
import type { Progress, StagePlan } from '@pappus/analytics';
import { formatBytes, formatCount, plural } from './units.ts';

export class QueryProgress {
  #plan: StagePlan | null = null;
  #phase = 'planning';
  #fragments = 0;
  readonly #finished = new Map<number, number>();
  readonly #workers = new Set<number>();
  #rows = 0;
  #bytes = 0;

  onPlan(plan: StagePlan): void {
    this.#plan = plan;
    this.#phase = 'starting workers';
  }

  onProgress({ stage, worker, state, report }: Progress): void {
    this.#phase = 'running';
    this.#workers.add(worker);
    if (state === 'started' || report === null) return;
    this.#fragments++;
    this.#finished.set(stage, (this.#finished.get(stage) ?? 0) + 1);
    for (const output of report.stats.outputs) {
      this.#rows += output.rows;
      this.#bytes += output.bytes;
    }
  }

  line(): string {
    if (this.#plan === null || this.#phase !== 'running') return `${this.#phase} …`;
    const done = this.#plan.stages.filter((stage) => (this.#finished.get(stage.id) ?? 0) > 0).length;
    return `stage ${done} of ${this.#plan.stages.length} · ${plural(this.#workers.size, 'worker')} · ${formatCount(this.#fragments)} fragments done · ${formatCount(this.#rows)} rows, ${formatBytes(this.#bytes)} exchanged`;
  }
}
