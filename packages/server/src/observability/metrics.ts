/**
 * Counters, gauges and histograms as Prometheus text (exposition format 0.0.4). Our own, since counting stands on the
 * path of every invocation: a counter is a field that is incremented, and names are looked up once.
 */

export class Counter {
  value = 0;
}

/** Upper bounds in seconds: from a tenth of a millisecond to a minute. */
export const SECONDS_BOUNDS: readonly number[] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export class Histogram {
  readonly bounds: readonly number[];
  /** One for each bound, and one for what is above all. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    counts[index] = (counts[index] as number) + 1;
    this.sum += value;
  }
}

export type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly metric: Counter | Histogram | (() => number);
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly description: string;
  readonly samples: Sample[];
}

export class Metrics {
  readonly #families = new Map<string, Family>();

  counter(name: string, description: string, labels: Labels = {}): Counter {
    const counter = new Counter();
    this.#add(name, 'counter', description, labels, counter);
    return counter;
  }

  /** Read when somebody asks. */
  gauge(name: string, description: string, read: () => number, labels: Labels = {}): void {
    this.#add(name, 'gauge', description, labels, read);
  }

  /** A counter that somebody else keeps. */
  counted(name: string, description: string, read: () => number, labels: Labels = {}): void {
    this.#add(name, 'counter', description, labels, read);
  }

  histogram(name: string, description: string, bounds: readonly number[] = SECONDS_BOUNDS, labels: Labels = {}): Histogram {
    const histogram = new Histogram(bounds);
    this.#add(name, 'histogram', description, labels, histogram);
    return histogram;
  }

  text(): string {
    const lines: string[] = [];
    for (const { name, type, description, samples } of this.#families.values()) {
      lines.push(`# HELP ${name} ${description}`, `# TYPE ${name} ${type}`);
      for (const { labels, metric } of samples) {
        if (metric instanceof Histogram) lines.push(...histogramLines(name, labels, metric));
        else lines.push(`${name}${labelText(labels)} ${number(metric instanceof Counter ? metric.value : metric())}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }

  #add(name: string, type: Family['type'], description: string, labels: Labels, metric: Sample['metric']): void {
    const family = this.#families.get(name) ?? { name, type, description, samples: [] };
    this.#families.set(name, family);
    family.samples.push({ labels, metric });
  }
}

function histogramLines(name: string, labels: Labels, { bounds, counts, sum }: Histogram): readonly string[] {
  let count = 0;
  const buckets = counts.map((here, index) => {
    count += here;
    const bound = bounds[index];
    return `${name}_bucket${labelText({ ...labels, le: bound === undefined ? '+Inf' : String(bound) })} ${count}`;
  });
  return [...buckets, `${name}_sum${labelText(labels)} ${number(sum)}`, `${name}_count${labelText(labels)} ${count}`];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return '';
  return `{${pairs.map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join(',')}}`;
}

const number = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : 'NaN');
