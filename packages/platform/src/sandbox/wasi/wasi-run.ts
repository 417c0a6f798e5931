/** The state of one run of a WASI program, which the functions that it imports work on. One object serves all runs. */
import { seededRandom, type Clock, type Random } from '@pappus/core';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { ItemSet, Sets } from '../../sets/item.ts';
import { GuestMemory } from '../guest-memory.ts';
import { OutputBudget } from '../output-budget.ts';
import type { Printed, RunFailure, RunLog } from '../sandbox.ts';
import { Descriptors } from './descriptors.ts';
import { LogSink } from './log-sink.ts';
import { OutputFile } from './output-file.ts';
import { RunFiles, STDIO } from './run-files.ts';
import { readStdio, type Stdio } from './stdio-set.ts';

/** What a run has to do with that is not in its inputs. */
export interface Impurities {
  readonly clock: Clock;
  readonly random: Random;
  readonly printed?: Printed;
}

/** Without the capability, randomness is this stream in each run: the same inputs give the same outputs. */
const SEED = 0x7061_7070;

export class WasiRun {
  readonly memory: GuestMemory = new GuestMemory();
  readonly files: RunFiles;
  readonly descriptors: Descriptors;
  readonly #spec: FunctionSpec;
  readonly #impurities: Impurities;
  readonly #budget: OutputBudget;
  readonly #stdout: LogSink;
  readonly #stderr: LogSink;
  /** Whole output of a function that declares the set `stdio`. */
  #printed: readonly [stdout: OutputFile, stderr: OutputFile] | null = null;
  #stdio: { readonly caller: ItemSet | null; read: Stdio | null } = { caller: null, read: null };
  #random: Random | null = null;
  /** Set when the run has ended, before the guest's frames are unwound. */
  end: { readonly exit: number } | { readonly failure: RunFailure } | null = null;

  constructor(spec: FunctionSpec, impurities: Impurities) {
    this.#spec = spec;
    this.#impurities = impurities;
    this.#budget = new OutputBudget(spec.limits);
    this.files = new RunFiles(spec, this.#budget);
    this.#stdout = new LogSink(spec.limits.logBytes);
    this.#stderr = new LogSink(spec.limits.logBytes);
    this.descriptors = new Descriptors(this.#stdout, this.#stderr);
  }

  begin(inputs: Sets, stdio: ItemSet | null): void {
    const declared = this.#spec.inputs.indexOf(STDIO);
    const caller = stdio ?? inputs[declared] ?? null;
    this.#budget.begin();
    this.files.begin(inputs);
    this.#stdio = { caller, read: null };
    this.#printed = this.#spec.outputs.includes(STDIO) ? [new OutputFile(this.#budget), new OutputFile(this.#budget)] : null;
    this.descriptors.begin(caller === null ? null : this.stdio.stdin);
  }

  get stdio(): Stdio {
    return (this.#stdio.read ??= readStdio(this.#stdio.caller, this.#spec.capabilities.environment));
  }

  get random(): Random {
    return (this.#random ??= this.#spec.capabilities.random ? this.#impurities.random : seededRandom(SEED));
  }

  /** Nanoseconds; without the capability time stands still at 0. */
  time(realtime: boolean): bigint {
    if (!this.#spec.capabilities.clock) return 0n;
    const { clock } = this.#impurities;
    // Whole microseconds: a double has no room for the nanoseconds since 1970.
    return BigInt(Math.round((realtime ? clock.wallMs() : clock.nowMs()) * 1_000)) * 1_000n;
  }

  print(sink: LogSink, data: Uint8Array): void {
    const kept = sink.write(data);
    this.#impurities.printed?.(sink === this.#stdout ? 'stdout' : 'stderr', data.subarray(0, kept), data.length - kept);
    const file = this.#printed?.[sink === this.#stdout ? 0 : 1];
    file?.write(file.size, data);
  }

  outputs(): Sets {
    return this.files.outputs(() => {
      const items = (this.#printed ?? []).map((file, index) => ({ name: index === 0 ? 'stdout' : 'stderr', key: 0, data: file.content }));
      return { name: STDIO, items: items.filter(({ data }) => data.length > 0) };
    });
  }

  log(): RunLog | null {
    if (this.#stdout.empty && this.#stderr.empty) return null;
    return { stdout: this.#stdout.text(), stderr: this.#stderr.text(), droppedBytes: this.#stdout.dropped + this.#stderr.dropped };
  }

  forget(): void {
    this.end = null;
    this.memory.detach();
    this.#random = null;
    this.#printed = null;
    this.#stdio = { caller: null, read: null };
    this.files.forget();
    this.descriptors.forget();
    this.#stdout.forget();
    this.#stderr.forget();
  }
}

