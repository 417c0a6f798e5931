/** What the gateway tells an engine process at its start. */
import { CHANNELS_PER_PROCESS } from './limits.ts';

/** The one argument of the program, as JSON. */
export interface EngineArguments {
  /** URL of a module that exports `createSandboxFactory`. */
  readonly sandboxes: string;
  /** JavaScript heap of each thread; what functions use is linear memory, which does not count. */
  readonly threadHeapMiB: number;
  /** The process ends itself when it uses more. */
  readonly memoryBytes: number;
  readonly prepareTimeoutMs: number;
  /** Whether each channel has a shared file. */
  readonly shares: boolean;
}

/** The control channel comes after stdin, stdout and stderr, the data channels after it, and then the shared file of each. */
export const CONTROL_FD = 3;
export const FIRST_CHANNEL_FD = 4;
export const FIRST_SHARED_FD: number = FIRST_CHANNEL_FD + CHANNELS_PER_PROCESS;
