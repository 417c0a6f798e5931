/** What a fragment did and where its time went. */

export interface EdgeCount {
  readonly edge: number;
  readonly rows: number;
  readonly bytes: number;
  readonly frames: number;
}

/** Milliseconds on the engine thread; they add up to `total`. */
export interface FragmentProfile {
  readonly total: number;
  /** DuckDB itself: scans, joins, aggregation, and planning. */
  readonly compute: number;
  /** Result chunks to frames. */
  readonly encode: number;
  /** Frames to chunks. */
  readonly decode: number;
  /** For a frame of an input edge. */
  readonly waitInput: number;
  /** For room in the transport. */
  readonly waitOutput: number;
}

export interface FragmentStats {
  readonly inputs: readonly EdgeCount[];
  readonly outputs: readonly EdgeCount[];
  readonly profile: FragmentProfile;
  /** The most buffer memory that DuckDB held at once. */
  readonly peakMemoryBytes: number;
}

export class EdgeCounter {
  readonly #edges = new Map<number, { rows: number; bytes: number; frames: number }>();

  constructor(edges: readonly number[]) {
    for (const edge of edges) this.#edges.set(edge, { rows: 0, bytes: 0, frames: 0 });
  }

  add(edge: number, rows: number, bytes: number, frames = 1): void {
    const count = this.#edges.get(edge);
    if (count === undefined) return;
    count.rows += rows;
    count.bytes += bytes;
    count.frames += frames;
  }

  counts(): EdgeCount[] {
    return [...this.#edges].map(([edge, count]) => ({ edge, ...count }));
  }
}

/** Times nested sections; a section's time excludes the sections inside it. */
export class Stopwatch<Section extends string> {
  readonly #nowMs: () => number;
  readonly #spent = new Map<Section, number>();
  #section: Section;
  #since: number;

  constructor(nowMs: () => number, first: Section) {
    this.#nowMs = nowMs;
    this.#section = first;
    this.#since = nowMs();
  }

  /** Runs `work` as a section of its own. */
  in<T>(section: Section, work: () => T): T {
    const outer = this.#enter(section);
    try {
      return work();
    } finally {
      this.#enter(outer);
    }
  }

  spentMs(section: Section): number {
    const running = section === this.#section ? this.#nowMs() - this.#since : 0;
    return (this.#spent.get(section) ?? 0) + running;
  }

  #enter(section: Section): Section {
    const now = this.#nowMs();
    const left = this.#section;
    this.#spent.set(left, (this.#spent.get(left) ?? 0) + now - this.#since);
    this.#section = section;
    this.#since = now;
    return left;
  }
}
