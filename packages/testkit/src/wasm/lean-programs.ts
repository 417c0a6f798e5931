/** Small functions that tests of servers deploy. They take the set `in` and give the set `out`. */
import { assembleWasm } from './assembly.ts';
import { leanProgram, SAME_ITEMS } from './lean-text.ts';

const FD_WRITE = '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))';

export type LeanProgramName = 'copy' | 'trap' | 'loop' | 'print' | 'flood-items' | 'flood-logs' | 'flood-memory' | 'strange';

const PROGRAMS: Readonly<Record<LeanProgramName, string>> = {
  /** The items of the input. */
  copy: leanProgram(SAME_ITEMS),
  trap: leanProgram('(drop (i32.div_u (i32.const 1) (i32.load (i32.const 65532)))) (i32.const 0)'),
  loop: leanProgram('(loop $again (br $again)) (i32.const 0)'),
  /** As `copy`, and writes `hello` to stdout. */
  print: leanProgram(
    `(i32.store (i32.const 200) (i32.const 0x6c6c6568)) (i32.store8 (i32.const 204) (i32.const 111))
     (i32.store (i32.const 208) (i32.const 200)) (i32.store (i32.const 212) (i32.const 5))
     (drop (call $fd_write (i32.const 1) (i32.const 208) (i32.const 1) (i32.const 216))) ${SAME_ITEMS}`,
    { more: FD_WRITE },
  ),
  /** 100,000 empty items, with names of 4 bytes that differ. */
  'flood-items': leanProgram(`
    (local.set $item (call $take (i32.const 2400000)))
    (loop $each
      (local.set $at (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))))
      (local.set $n (i32.add (i32.add (local.get $item) (i32.const 2000000)) (i32.shl (local.get $i) (i32.const 2))))
      (i32.store (local.get $at) (local.get $n))
      (i32.store offset=4 (local.get $at) (i32.const 4))
      ;; hexadecimal digits of the index as letters from "a" on; the lowest four of five, so that names repeat
      (i32.store (local.get $n) (i32.add (i32.const 0x61616161) (i32.or
        (i32.or (i32.and (local.get $i) (i32.const 15)) (i32.shl (i32.and (local.get $i) (i32.const 0xf0)) (i32.const 4)))
        (i32.or (i32.shl (i32.and (local.get $i) (i32.const 0xf00)) (i32.const 8)) (i32.shl (i32.and (local.get $i) (i32.const 0xf000)) (i32.const 12))))))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
    (call $one (local.get $item) (i32.const 100000))`),
  /** Writes 100 MB to stdout, and gives the items of the input. */
  'flood-logs': leanProgram(
    `(i32.store (i32.const 208) (i32.const 1024)) (i32.store (i32.const 212) (i32.const 10000))
     (loop $each
       (drop (call $fd_write (i32.const 1) (i32.const 208) (i32.const 1) (i32.const 216)))
       (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000)))) ${SAME_ITEMS}`,
    { more: FD_WRITE },
  ),
  /** Takes memory until there is none. */
  'flood-memory': leanProgram('(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable'),
  /** Imports what there is not. */
  strange: '(module (import "env" "socket" (func)) (memory (export "memory") 1))',
};

export const leanProgramCode = (name: LeanProgramName): Promise<Uint8Array> => assembleWasm(PROGRAMS[name]);
