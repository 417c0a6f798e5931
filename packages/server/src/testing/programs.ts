/** Small functions for tests, as WebAssembly text of the lean interface. They take the set `in` and give the set `out`. */
import loadWabt from 'wabt';

/** Memory, a bump allocator that grows it, and `$one`: an output of one set with `n` items. */
const BASE = `
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 8192))
  (func $take (export "pappus_alloc") (param $n i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $at) (local.get $n)) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (if (i32.eq (memory.grow (i32.add (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16)) (i32.const 1))) (i32.const -1)) (then unreachable))))
    (local.get $at))
  (func $one (param $items i32) (param $n i32) (result i32)
    (i32.store (i32.const 64) (i32.const 80))
    (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (local.get $items))
    (i32.store (i32.const 92) (local.get $n))
    (i32.const 64))`;

const program = (body: string, imports = ''): string => `(module ${imports} ${BASE} (func $run (export "pappus_run") (param $in i32) (result i32) ${body}))`;

const COPY = '(call $one (i32.load offset=8 (i32.load (local.get $in))) (i32.load offset=12 (i32.load (local.get $in))))';
const FD_WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))';

export type ProgramName = 'copy' | 'trap' | 'loop' | 'print' | 'strange';

const PROGRAMS: Readonly<Record<ProgramName, string>> = {
  /** The items of the input. */
  copy: program(COPY),
  trap: program('(drop (i32.div_u (i32.const 1) (i32.load (i32.const 65532)))) (i32.const 0)'),
  loop: program('(loop $again (br $again)) (i32.const 0)'),
  /** As `copy`, and writes `hello` to stdout. */
  print: program(
    `(i32.store (i32.const 200) (i32.const 0x6c6c6568)) (i32.store8 (i32.const 204) (i32.const 111))
     (i32.store (i32.const 208) (i32.const 200)) (i32.store (i32.const 212) (i32.const 5))
     (drop (call $fd_write (i32.const 1) (i32.const 208) (i32.const 1) (i32.const 216))) ${COPY}`,
    FD_WRITE,
  ),
  /** Imports what there is not. */
  strange: '(module (import "env" "socket" (func)) (memory (export "memory") 1))',
};

export async function assembled(name: ProgramName): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const module = wabt.parseWat(`${name}.wat`, PROGRAMS[name]);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}
