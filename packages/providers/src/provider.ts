/** Where function instances come from, whatever they are: a local process, a NAT lab's sandbox, a cloud function. */
import type { InstanceId } from '@pappus/core';

export interface InstanceSpec {
  /** Absolute path of the module that the instance runs. */
  readonly entry: string;
  readonly args: readonly string[];
  /** All of the instance's environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  /** For people: `worker 3`. Names the instance in errors and logs. */
  readonly label: string;
}

/** `killed`: by a signal that nobody here sent. `out-of-memory`: it needed more than `memoryBytes`. `stopped`: by its owner. */
export type ExitReason = 'exited' | 'killed' | 'out-of-memory' | 'stopped';

export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
  /** The end of what it wrote to stdout and stderr. */
  readonly lastWords: string;
  /** The most memory that was measured; 0 where nothing can measure it. */
  readonly peakMemoryBytes: number;
}

export interface Instance {
  readonly id: InstanceId;
  readonly label: string;
  /** Only of a local process. */
  readonly pid: number | null;
  /** Resolves, never rejects, when the instance is gone together with everything that belonged to it. */
  readonly exited: Promise<Exit>;
  /** The most memory measured so far. */
  peakMemoryBytes(): number;
  /** Asks it to end, then ends it. Resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

export interface Provider {
  /** Resolves when the instance runs; it may not have done anything yet. */
  start(spec: InstanceSpec, signal: AbortSignal): Promise<Instance>;
  /** Stops every instance; idempotent. Later starts are refused. */
  stop(): Promise<void>;
}

/** One sentence about an exit, for errors: `worker 3 ran out of memory at 260 MiB`. */
export function describeExit(label: string, { code, signal, reason, peakMemoryBytes }: Exit): string {
  const peak = `its peak was ${Math.ceil(peakMemoryBytes / 1_048_576)} MiB`;
  switch (reason) {
    case 'exited':
      return `${label} exited with code ${code}`;
    case 'killed':
      return `${label} was killed by ${signal}`;
    case 'out-of-memory':
      return `${label} ran out of memory; ${peak}`;
    case 'stopped':
      return `${label} was stopped`;
  }
}
