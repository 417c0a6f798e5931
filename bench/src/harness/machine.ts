/** The machine under a measurement: without it a figure means nothing, and with a busy one it means little. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

export const thisMachine = (): Machine => ({
  cores: availableParallelism(),
  model: cpus()[0]?.model.trim() ?? 'unknown',
  memoryBytes: totalmem(),
  system: `${type()} ${release()}`,
  node: process.version,
});

export const machineText = ({ cores, model, memoryBytes, system, node }: Machine): string =>
  `${cores} cores (${model}), ${(memoryBytes / 1024 ** 3).toFixed(0)} GiB, ${system}, Node ${node}`;

/** Processes that ran or wanted to, on average over the last minute; 0 where the system does not say. */
export const load = (): number => loadavg()[0] ?? 0;

export const QUIET_LOAD = 1;
