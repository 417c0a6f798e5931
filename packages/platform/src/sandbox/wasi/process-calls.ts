/** Functions of WASI for arguments, environment, time, randomness and the end; and those that are not there. */
import { RUN_END } from '../run-end.ts';
import { ERRNO, type Errno } from './errno.ts';
import type { WasiCalls } from './signatures.ts';
import type { WasiRun } from './wasi-run.ts';

const CLOCKS = { realtime: 0, monotonic: 1 } as const;
const CLOCK_RESOLUTION = 1_000n;

export const processCalls = (run: WasiRun): WasiCalls => ({
  args_sizes_get: (count: number, bytes: number) => writeSizes(run, run.stdio.args, count >>> 0, bytes >>> 0),
  args_get: (pointers: number, text: number) => writeStrings(run, run.stdio.args, pointers >>> 0, text >>> 0),
  environ_sizes_get: (count: number, bytes: number) => writeSizes(run, run.stdio.environment, count >>> 0, bytes >>> 0),
  environ_get: (pointers: number, text: number) => writeStrings(run, run.stdio.environment, pointers >>> 0, text >>> 0),
  clock_res_get: (clock: number, result: number) => writeU64(run, clock > 1 || clock < 0 ? null : CLOCK_RESOLUTION, result >>> 0),
  clock_time_get(clock: number, _precision: bigint, result: number) {
    // The two clocks of processor time stand for the monotonic one.
    const known = clock >= CLOCKS.realtime && clock <= 3;
    return writeU64(run, known ? run.time(clock === CLOCKS.realtime) : null, result >>> 0);
  },
  random_get: (at: number, length: number) => writeRandom(run, at >>> 0, length >>> 0),
  sched_yield: () => ERRNO.success,
  proc_exit(code: number) {
    run.end ??= { exit: code >>> 0 };
    throw RUN_END;
  },
  proc_raise: () => ERRNO.nosys,
  poll_oneoff: () => ERRNO.nosys,
  sock_accept: () => ERRNO.nosys,
  sock_recv: () => ERRNO.nosys,
  sock_send: () => ERRNO.nosys,
  sock_shutdown: () => ERRNO.nosys,
});

function writeU64({ memory }: WasiRun, value: bigint | null, at: number): Errno {
  if (value === null) return ERRNO.inval;
  if (!memory.takes(at, 8)) return ERRNO.fault;
  memory.view.setBigUint64(at, value, true);
  return ERRNO.success;
}

function writeSizes({ memory }: WasiRun, strings: readonly Buffer[], count: number, bytes: number): Errno {
  if (!memory.takes(count, 4) || !memory.takes(bytes, 4)) return ERRNO.fault;
  memory.view.setUint32(count, strings.length, true);
  memory.view.setUint32(bytes, strings.reduce((sum, { length }) => sum + length, 0), true);
  return ERRNO.success;
}

function writeStrings({ memory }: WasiRun, strings: readonly Buffer[], pointers: number, text: number): Errno {
  const bytes = strings.reduce((sum, { length }) => sum + length, 0);
  if (!memory.takes(pointers, strings.length * 4) || !memory.takes(text, bytes)) return ERRNO.fault;
  let at = text;
  for (const [index, string] of strings.entries()) {
    memory.view.setUint32(pointers + index * 4, at, true);
    memory.bytes.set(string, at);
    at += string.length;
  }
  return ERRNO.success;
}

function writeRandom({ memory, random }: WasiRun, at: number, length: number): Errno {
  if (!memory.takes(at, length)) return ERRNO.fault;
  const { bytes } = memory;
  for (let i = 0; i < length; i += 4) {
    const word = random.uint32();
    for (let j = i; j < length && j < i + 4; j++) bytes[at + j] = word >>> ((j - i) * 8);
  }
  return ERRNO.success;
}
