/** Bounds of the engine: every queue between the network and DuckDB, and every frame. */

const KiB = 1024;
const MiB = 1024 * KiB;

interface EngineLimits {
  /** A frame is sent when it holds this much, or less when there are many consumers. */
  readonly frameTargetBytes: number;
  readonly frameMinimumBytes: number;
  /** Larger frames are refused: one row of that size cannot be meant. */
  readonly frameMaximumBytes: number;
  /** Unsent rows of all consumers of one edge together, beside the 2,048 rows that each collects. */
  readonly stagingBytes: number;
  /** Per input edge: bytes handed to the engine thread and not read yet. */
  readonly inputWindowBytes: number;
  /** Bytes that the engine thread has produced and the transport has not taken yet, over all edges. */
  readonly outputWindowBytes: number;
  /** Rows of a control query at most. */
  readonly queryRows: number;
  /** Deadline for the engine thread to load DuckDB. */
  readonly startTimeoutMs: number;
  /** How long the thread may take to end by itself before it is terminated. */
  readonly stopTimeoutMs: number;
  /** How long a process that exits with a busy engine waits for it; node itself would wait for ever. */
  readonly exitTimeoutMs: number;
  /** A statement that just begins clears DuckDB's interrupt flag, so it is raised again until the run ends. */
  readonly interruptEveryMs: number;
}

export const engineLimits: EngineLimits = {
  frameTargetBytes: 512 * KiB,
  frameMinimumBytes: 32 * KiB,
  frameMaximumBytes: 1024 * MiB,
  stagingBytes: 16 * MiB,
  inputWindowBytes: 4 * MiB,
  outputWindowBytes: 8 * MiB,
  queryRows: 100_000,
  startTimeoutMs: 30_000,
  stopTimeoutMs: 5_000,
  exitTimeoutMs: 2_000,
  interruptEveryMs: 50,
};
