/** The programs of the compliance suite for WASI, as WebAssembly text. */
import { GROWING_TABLE } from '@pappus/testkit';
import type { ProgramName } from './compliance.ts';

export function wasiPrograms(pooled: boolean): Readonly<Record<ProgramName, string>> {
  const extra = pooled ? GROWING_TABLE : '';
  const plain = (body: string, more = ''): string => `(module ${IMPORTS} ${extra} ${BASE} ${more} (func $main (export "_start") (local $i i32) (local $n i32) (local $at i32) (local $fd i32) ${body}))`;
  return {
    copy: plain(COPY),
    trap: plain('(memory.fill (i32.const 0) (i32.const 255) (i32.const 60000)) (call $deep)', '(func $deep (drop (i32.div_u (i32.const 1) (i32.load (i32.const 200000)))))'),
    recurse: plain('(call $again (i32.const 0))', '(func $again (param i32) (call $again (i32.add (local.get 0) (i32.const 1))) (i32.store (i32.const 0) (i32.const 1)))'),
    grow: plain('(loop $more (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (br $more))'),
    'flood-items': plain(FLOOD_ITEMS),
    'flood-bytes': plain(FLOOD_BYTES),
    print: plain(PRINT),
    exit: plain('(call $proc_exit (i32.const 3)) unreachable'),
    canary: `(module ${IMPORTS} ${extra} ${CANARY})`,
  };
}

const IMPORTS = `
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))`;

/** `$open` and `$write` end with a trap where the call fails. Paths stand at 2048 and 4096, results at 16, vectors at 32. */
const CALLS = `
  (func $open (param $path i32) (param $length i32) (param $writes i32) (result i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $length)
      (select (i32.const 9) (i32.const 0) (local.get $writes)) (select (i64.const 66) (i64.const 2) (local.get $writes)) (i64.const 0) (i32.const 0) (i32.const 16)) (then unreachable))
    (i32.load (i32.const 16)))
  (func $write (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 32) (local.get $at))
    (i32.store (i32.const 36) (local.get $length))
    (if (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 16)) (then unreachable)))
  (func $read (param $fd i32) (param $at i32) (param $length i32) (result i32)
    (i32.store (i32.const 32) (local.get $at))
    (i32.store (i32.const 36) (local.get $length))
    (if (call $fd_read (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 16)) (then unreachable))
    (i32.load (i32.const 16)))`;

const BASE = `
  (memory (export "memory") 3)
  (data (i32.const 2048) "in/") (data (i32.const 4096) "out/") (data (i32.const 6000) ".keys/in") (data (i32.const 6100) ".keys/out")
  ${CALLS}
  (func $copy (param $from i32) (param $to i32) (local $n i32)
    (block $end
      (loop $more
        (br_if $end (i32.eqz (local.tee $n (call $read (local.get $from) (i32.const 131072) (i32.const 65536)))))
        (call $write (local.get $to) (i32.const 131072) (local.get $n))
        (br $more)))
    (drop (call $fd_close (local.get $from)))
    (drop (call $fd_close (local.get $to))))`;

const COPY = `
  (if (call $fd_readdir (call $open (i32.const 2048) (i32.const 2) (i32.const 0)) (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 16)) (then unreachable))
  (local.set $at (i32.const 65536))
  (local.set $i (i32.add (local.get $at) (i32.load (i32.const 16))))
  (block $end
    (loop $each
      (br_if $end (i32.ge_u (local.get $at) (local.get $i)))
      (local.set $n (i32.load offset=16 (local.get $at)))
      (memory.copy (i32.const 2051) (i32.add (local.get $at) (i32.const 24)) (local.get $n))
      (memory.copy (i32.const 4100) (i32.add (local.get $at) (i32.const 24)) (local.get $n))
      (call $copy (call $open (i32.const 2048) (i32.add (local.get $n) (i32.const 3)) (i32.const 0)) (call $open (i32.const 4096) (i32.add (local.get $n) (i32.const 4)) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.add (local.get $n) (i32.const 24))))
      (br $each)))
  (call $copy (call $open (i32.const 6000) (i32.const 8) (i32.const 0)) (call $open (i32.const 6100) (i32.const 9) (i32.const 1)))`;

const FLOOD_ITEMS = `
  (loop $each
    (i32.store (i32.const 4100) (i32.add (i32.const 0x61616161)
      (i32.or (i32.or (i32.and (local.get $i) (i32.const 15)) (i32.shl (i32.and (local.get $i) (i32.const 0xf0)) (i32.const 4))) (i32.shl (i32.and (local.get $i) (i32.const 0xf00)) (i32.const 8)))))
    (drop (call $fd_close (call $open (i32.const 4096) (i32.const 8) (i32.const 1))))
    (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))`;

const FLOOD_BYTES = `
  (i32.store8 (i32.const 4100) (i32.const 97))
  (local.set $fd (call $open (i32.const 4096) (i32.const 5) (i32.const 1)))
  (loop $each
    (call $write (local.get $fd) (i32.const 65536) (i32.const 60000))
    (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))`;

const PRINT = `
  (loop $each
    (call $write (i32.const 1) (i32.const 65536) (i32.const 100))
    (call $write (i32.const 2) (i32.const 65536) (i32.const 100))
    (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))`;

/** Besides memory and globals: the numbers of open files begin at 4 again, and the output set is empty. */
const CANARY = `
  (memory (export "memory") 1)
  (global $word (mut i32) (i32.const 7))
  (global $bad (mut i32) (i32.const 0))
  (data (i32.const 32760) "\\01\\02\\03\\04\\05\\06\\07\\08")
  ${CALLS}
  (func $check (param i32) (if (i32.eqz (local.get 0)) (then (global.set $bad (i32.const 1)))))
  (func $main (export "_start") (local $at i32) (local $byte i32)
    (call $check (i32.eq (global.get $word) (i32.const 7)))
    (call $check (i64.eq (i64.load (i32.const 32760)) (i64.const 0x0807060504030201)))
    (loop $next
      (call $check (i32.or (i64.eqz (i64.load (local.get $at))) (i32.eq (local.get $at) (i32.const 32760))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 65536))))
    (i32.store (i32.const 2048) (i32.const 0x74756f)) ;; out
    (call $check (i32.eqz (call $fd_readdir (call $open (i32.const 2048) (i32.const 3) (i32.const 0)) (i32.const 3000) (i32.const 100) (i64.const 0) (i32.const 20))))
    (call $check (i32.eq (i32.load (i32.const 16)) (i32.const 4)))
    (call $check (i32.eqz (i32.load (i32.const 20))))
    (i32.store (i32.const 2048) (i32.const 0x612f6e69)) ;; in/a
    (drop (call $read (call $open (i32.const 2048) (i32.const 4) (i32.const 0)) (i32.const 2060) (i32.const 1)))
    (local.set $byte (i32.load8_u (i32.const 2060)))
    (global.set $word (local.get $byte))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 65536))
    (i64.store (i32.const 2048) (i64.const 0x732f74756f)) ;; out/s
    (i32.store (i32.const 2060) (global.get $bad))
    (call $write (call $open (i32.const 2048) (i32.const 5) (i32.const 1)) (i32.const 2060) (i32.const 1))
    (if (i32.eq (i32.and (local.get $byte) (i32.const 15)) (i32.const 1)) (then unreachable)))`;
