/** What is counted of invocations: by name for the first names, together for the others, so that labels stay bounded. */
import type { Problem } from '@pappus/api';
import { MAX_COUNTED_NAMES } from '../limits.ts';
import type { Counter, Histogram, Metrics } from './metrics.ts';

export type Ending = 'done' | 'failed' | 'cancelled' | 'refused';

interface Counters {
  readonly done: Counter;
  readonly failed: Counter;
  readonly cancelled: Counter;
  readonly refused: Counter;
}

const OTHERS = '(others)';

export class InvocationMetrics {
  readonly #metrics: Metrics;
  readonly #byName = new Map<string, Counters>();
  readonly #seconds: Histogram;
  readonly #inputBytes: Counter;
  readonly #outputBytes: Counter;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#seconds = metrics.histogram('pappus_invocation_seconds', 'Time from the request to the end of the answer');
    this.#inputBytes = metrics.counter('pappus_invocation_input_bytes_total', 'Bytes of request bodies of invocations');
    this.#outputBytes = metrics.counter('pappus_invocation_output_bytes_total', 'Bytes of output items sent to clients');
  }

  ended(name: string, ending: Ending, ms: number, inputBytes: number, outputBytes: number): void {
    this.#counters(name)[ending].value += 1;
    this.#seconds.observe(ms / 1000);
    this.#inputBytes.value += inputBytes;
    this.#outputBytes.value += outputBytes;
  }

  #counters(name: string): Counters {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    const counted = this.#byName.size < MAX_COUNTED_NAMES ? name : OTHERS;
    const counters = this.#byName.get(counted) ?? this.#register(counted);
    this.#byName.set(counted, counters);
    return counters;
  }

  #register(name: string): Counters {
    const counter = (outcome: Ending): Counter => this.#metrics.counter('pappus_invocations_total', 'Invocations by name and outcome', { name, outcome });
    return { done: counter('done'), failed: counter('failed'), cancelled: counter('cancelled'), refused: counter('refused') };
  }
}

/** How an invocation with this problem ended: refused ones never ran. */
export function endingOf({ code, status }: Problem): Ending {
  if (code === 'cancelled') return 'cancelled';
  return status === 429 || status < 500 ? 'refused' : 'failed';
}
