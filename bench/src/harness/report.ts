/** What a bench says: tables as they come, or one JSON document at the end; each promise with what was measured. */
import { load, machineText, QUIET_LOAD, thisMachine } from './machine.ts';
import { textTable, type Cell } from './text-table.ts';

/** A promise of SPECIFICATION.md. */
export interface Promised {
  readonly what: string;
  readonly promise: string;
  readonly measured: string;
  /** Null when the flags set something else than what was promised. */
  readonly kept: boolean | null;
}

export interface ReportOptions {
  readonly bench: string;
  readonly json: boolean;
  /** Figures of a smoke run are of tiny data. */
  readonly smoke: boolean;
  readonly write: (line: string) => void;
}

export class Report {
  readonly #options: ReportOptions;
  readonly #loadBefore = load();
  readonly #promised: Promised[] = [];
  readonly #failures: string[] = [];
  readonly #data: Record<string, unknown> = {};

  constructor(options: ReportOptions) {
    this.#options = options;
    this.text(`${options.bench} · ${machineText(thisMachine())} · load ${this.#loadBefore.toFixed(1)}`);
    if (this.#loadBefore > QUIET_LOAD) this.text(`WARNING: the machine was busy before this began (load ${this.#loadBefore.toFixed(1)}); times are too long, and ratios shift.`);
    if (options.smoke) this.text('A smoke run: it shows that the bench works; its figures mean nothing.');
  }

  text(text: string): void {
    if (!this.#options.json) this.#options.write(text);
  }

  /** `data` is what stands in the JSON document under `key`. */
  table(key: string, columns: readonly string[], rows: readonly (readonly Cell[])[], data: unknown): void {
    this.text(`\n${textTable(columns, rows)}`);
    this.data(key, data);
  }

  data(key: string, data: unknown): void {
    this.#data[key] = data;
  }

  /** Nothing is promised of the tiny data of a smoke run. */
  promise(promised: Promised): void {
    this.#promised.push(this.#options.smoke ? { ...promised, kept: null } : promised);
  }

  /** Something broke or an answer is wrong; being slow is no failure. */
  fail(what: string): void {
    this.#failures.push(what);
    process.stderr.write(`FAILED: ${what}\n`);
  }

  /** Says the rest; the exit status. */
  end(): 0 | 1 {
    const loadAfter = load();
    if (this.#options.json) {
      const document = { bench: this.#options.bench, smoke: this.#options.smoke, machine: thisMachine(), loadBefore: this.#loadBefore, loadAfter, promises: this.#promised, failures: this.#failures, ...this.#data };
      this.#options.write(JSON.stringify(document, null, 2));
    }
    if (this.#promised.length > 0) this.text(`\n${textTable(['promise', 'promised', 'measured', 'kept'], this.#promised.map(({ what, promise, measured, kept }) => [what, promise, measured, kept === null ? 'other setting' : kept ? 'yes' : 'NO']))}`);
    for (const failure of this.#failures) this.text(`FAILED: ${failure.split('\n', 1)[0]}`);
    this.text(`load ${this.#loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after\n`);
    return this.#failures.length === 0 ? 0 : 1;
  }
}
