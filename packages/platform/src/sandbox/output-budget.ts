/** What a run may still put out. Counted while it writes, so that no flood is ever held. */
import type { FunctionLimits } from '../functions/function-spec.ts';
import type { RunFailure } from './sandbox.ts';

export class OutputBudget {
  readonly #limits: FunctionLimits;
  #bytes = 0;
  #items = 0;
  /** Whether a file of the run no longer uses memory that it had. */
  gaveUp = false;

  constructor(limits: FunctionLimits) {
    this.#limits = limits;
  }

  begin(): void {
    this.#bytes = 0;
    this.#items = 0;
    this.gaveUp = false;
  }

  /** Null where `count` more bytes fit (fewer, where it is negative), else why not. */
  addBytes(count: number): RunFailure | null {
    this.#bytes += count;
    const { outputBytes } = this.#limits;
    if (this.#bytes <= outputBytes) return null;
    return { kind: 'limit', limit: 'output-bytes', message: `the outputs have more than ${outputBytes} bytes` };
  }

  addItems(count: number): RunFailure | null {
    this.#items += count;
    const { outputItems } = this.#limits;
    if (this.#items <= outputItems) return null;
    return { kind: 'limit', limit: 'output-items', message: `the outputs have more than ${outputItems} items` };
  }
}
