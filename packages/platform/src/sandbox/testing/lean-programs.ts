/** The programs of the compliance suite for the lean interface, as WebAssembly text. */
import { GROWING_TABLE, leanProgram, SAME_ITEMS } from '@pappus/testkit';
import type { ProgramName } from './compliance.ts';

/** `pooled` adds a function that makes a table longer, so that the module can't be reset. */
export function leanPrograms(pooled: boolean): Readonly<Record<Exclude<ProgramName, 'print' | 'exit'>, string>> {
  const extra = pooled ? GROWING_TABLE : '';
  const plain = (body: string, functions = ''): string => leanProgram(body, { more: `${extra} ${functions}` });
  return {
    copy: plain(SAME_ITEMS),
    trap: plain('(memory.fill (i32.const 0) (i32.const 255) (i32.const 60000)) (call $deep) (i32.const 0)', '(func $deep (drop (i32.div_u (i32.const 1) (i32.load (i32.const 65532)))))'),
    recurse: plain('(call $again (local.get $in)) (i32.const 0)', '(func $again (param i32) (call $again (i32.add (local.get 0) (i32.const 1))) (i32.store (i32.const 0) (i32.const 1)))'),
    grow: plain('(loop $more (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (br $more)) (i32.const 0)'),
    'flood-items': plain(FLOOD_ITEMS),
    'flood-bytes': plain(FLOOD_BYTES),
    canary: `(module ${extra} ${CANARY})`,
  };
}

/** 2000 items, all with the name of 4 bytes at 48, without data. */
const FLOOD_ITEMS = `
  (i32.store (i32.const 48) (i32.const 0x61616161))
  (local.set $item (call $take (i32.const 40000)))
  (loop $each
    (i32.store (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))) (i32.const 48))
    (i32.store offset=4 (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))) (i32.const 4))
    (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
  (call $one (local.get $item) (i32.const 2000))`;

/** 100 items that share their 60000 bytes. */
const FLOOD_BYTES = `
  (i32.store (i32.const 48) (i32.const 0x61616161))
  (local.set $item (call $take (i32.const 2000)))
  (loop $each
    (i32.store (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))) (i32.const 48))
    (i32.store offset=4 (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))) (i32.const 4))
    (i32.store offset=16 (i32.add (local.get $item) (i32.mul (local.get $i) (i32.const 20))) (i32.const 60000))
    (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
  (call $one (local.get $item) (i32.const 100))`;

/** Before anything else it looks at all of its state; then it overwrites all of it with the first byte of the input. */
const CANARY = `
  (memory (export "memory") 1)
  (global $word (mut i32) (i32.const 7))
  (global $long (mut i64) (i64.const -7))
  (global $single (mut f32) (f32.const nan:0x200001))
  (global $double (mut f64) (f64.const -0.0))
  (global $reference (mut funcref) (ref.null func))
  (global $bad (mut i32) (i32.const 0))
  (table $changed 4 funcref)
  (elem (table $changed) (i32.const 1) func $check $alloc)
  (data (i32.const 32760) "\\01\\02\\03\\04\\05\\06\\07\\08")
  (func $check (param i32) (if (i32.eqz (local.get 0)) (then (global.set $bad (i32.const 1)))))
  (func $alloc (export "pappus_alloc") (param i32) (result i32) (local $at i32)
    (call $check (ref.is_null (table.get $changed (i32.const 0))))
    (call_indirect $changed (param i32) (i32.const 1) (i32.const 1))
    (call $check (i32.eqz (ref.is_null (table.get $changed (i32.const 2)))))
    (call $check (ref.is_null (table.get $changed (i32.const 3))))
    (call $check (i32.eq (global.get $word) (i32.const 7)))
    (call $check (i64.eq (global.get $long) (i64.const -7)))
    (call $check (i32.eq (i32.reinterpret_f32 (global.get $single)) (i32.const 0x7fa00001)))
    (call $check (i64.eq (i64.reinterpret_f64 (global.get $double)) (i64.const 0x8000000000000000)))
    (call $check (ref.is_null (global.get $reference)))
    (call $check (i32.eq (memory.size) (i32.const 1)))
    (call $check (i64.eq (i64.load (i32.const 32760)) (i64.const 0x0807060504030201)))
    (loop $next
      (call $check (i32.or (i64.eqz (i64.load (local.get $at))) (i32.eq (local.get $at) (i32.const 32760))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 65536))))
    (i32.const 1024))
  (func $run (export "pappus_run") (param $in i32) (result i32) (local $byte i32)
    (local.set $byte (i32.load8_u (i32.load offset=12 (i32.load offset=8 (i32.load (local.get $in))))))
    (global.set $word (local.get $byte))
    (global.set $long (i64.extend_i32_u (local.get $byte)))
    (global.set $single (f32.convert_i32_u (local.get $byte)))
    (global.set $double (f64.convert_i32_u (local.get $byte)))
    (global.set $reference (ref.func $run))
    (table.fill $changed (i32.const 0) (ref.func $run) (i32.const 4))
    (if (i32.and (local.get $byte) (i32.const 2)) (then (table.fill $changed (i32.const 1) (ref.null func) (i32.const 3))))
    (memory.fill (i32.const 0) (local.get $byte) (i32.const 65536))
    (i32.store (i32.const 64) (i32.const 80))
    (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (i32.const 96))
    (i32.store (i32.const 92) (i32.const 1))
    (i32.store (i32.const 96) (i32.const 128))
    (i32.store (i32.const 100) (i32.const 1))
    (i32.store (i32.const 104) (i32.const 0))
    (i32.store (i32.const 108) (i32.const 136))
    (i32.store (i32.const 112) (i32.const 1))
    (i32.store (i32.const 128) (i32.const 115))
    (i32.store (i32.const 136) (global.get $bad))
    ;; some bytes end with a trap, so that trapped runs are followed by good ones
    (if (i32.eq (i32.and (local.get $byte) (i32.const 15)) (i32.const 1)) (then unreachable))
    (i32.const 64))`;
