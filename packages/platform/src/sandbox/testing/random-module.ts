/**
 * Random lean modules that do with their state whatever a module can: load, store, change globals, grow, call through the
 * table, copy from segments, drop them, trap. Their output is a digest of all state that they can see, so that two
 * instances that differ in anything give different outputs sooner or later.
 */
import { randomInt, type Random } from '@pappus/core';

export interface RandomModule {
  readonly text: string;
  /** Whether it makes a table longer or drops a segment, and so can't be reset. */
  readonly pooled: boolean;
}

const STATEMENTS = 12;
const FUNCTIONS = 4;

export function randomModule(random: Random): RandomModule {
  const pick = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length - 1)] as T;
  const number = (): string => `(i32.const ${random.uint32() | 0})`;
  // An address in the memory as it is: behaviour outside is that of the headroom.
  const address = (): string => `(call $inside ${pick(number(), '(local.get $x)', '(global.get $word)')})`;
  const value = (): string => pick(number(), '(local.get $x)', '(global.get $word)', '(i32.wrap_i64 (global.get $long))', '(memory.size)', `(i32.load ${address()})`, `(i32.load8_u ${address()})`);
  const pooled = randomInt(random, 0, 1) === 0;
  const kept = [
    (): string => `(local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) ${value()}))`,
    (): string => `(i32.store ${address()} ${value()})`,
    (): string => `(i64.store ${address()} (global.get $long))`,
    (): string => `(global.set $word ${value()})`,
    (): string => `(global.set $long (i64.extend_i32_u ${value()}))`,
    (): string => `(global.set $double (f64.add (global.get $double) (f64.convert_i32_s ${value()})))`,
    (): string => `(global.set $single (f32.reinterpret_i32 ${value()}))`,
    (): string => `(global.set $reference ${pick('(ref.null func)', '(ref.func $f0)')})`,
    (): string => `(memory.fill ${address()} ${value()} (i32.const ${randomInt(random, 0, 8)}))`,
    (): string => `(memory.copy ${address()} ${address()} (i32.const ${randomInt(random, 0, 8)}))`,
    (): string => `(memory.init $passive ${address()} (i32.const 0) (i32.const ${randomInt(random, 0, 6)}))`,
    (): string => `(local.set $x (memory.grow (i32.const ${pick(0, 1, 1, 2, 30)})))`,
    (): string => `(local.set $x (call_indirect (param i32) (result i32) ${value()} (i32.and ${value()} (i32.const 3))))`,
    (): string => `(if (i32.eq (i32.and ${value()} (i32.const 63)) (i32.const 5)) (then unreachable))`,
    (): string => '(local.set $x (i32.add (local.get $x) (table.size $t)))',
    (): string => `(table.set $t (i32.const ${randomInt(random, 0, 3)}) ${pick('(ref.null func)', '(ref.func $f0)', '(ref.func $f1)', '(global.get $reference)')})`,
    (): string => `(table.init ${pick('$t', '$u')} $elements (i32.const ${randomInt(random, 0, 2)}) (i32.const 0) (i32.const 1))`,
    (): string => '(table.fill $t (i32.const 1) (ref.func $f0) (i32.const 2))',
    (): string => `(table.copy ${pick('$t $t', '$t $u', '$u $t')} (i32.const 0) (i32.const ${randomInt(random, 0, 2)}) (i32.const 1))`,
    (): string => `(if (ref.is_null (table.get ${pick('$t', '$u')} (i32.const ${randomInt(random, 0, 2)}))) (then (local.set $x (i32.add (local.get $x) (i32.const 11)))))`,
    (): string => `(if (ref.is_null (global.get $reference)) (then (local.set $x (i32.add (local.get $x) (i32.const 3)))))`,
  ];
  const lost = [
    (): string => '(data.drop $passive)',
    (): string => '(elem.drop $elements)',
    (): string => '(drop (table.grow $t (ref.null func) (i32.const 1)))',
  ];
  // One kind at a time: each alone must decide the mode.
  const change = pick(...lost);
  const statements = (): string => Array.from({ length: STATEMENTS }, () => pick(...kept, ...(pooled ? [change] : []))()).join('\n    ');
  const functions = Array.from({ length: FUNCTIONS }, (_, index) => `(func $f${index} (type $unary) (local $x i32) (local.set $x (local.get 0))
    (if (i32.gt_u (global.get $calls) (i32.const 40)) (then (return (i32.const 1))))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    ${statements()} (local.get $x))`);
  // The changes that decide the mode must be there whatever was picked.
  const text = MODULE.replace('FUNCTIONS', functions.join('\n')).replace('START', pooled ? `(func $lost ${change()})` : '').replace('BYTES', random.uint32().toString(16).padStart(8, '0'));
  return { text, pooled };
}

const MODULE = `(module
  (type $unary (func (param i32) (result i32)))
  (memory 1 5)
  (global $word (mut i32) (i32.const 77)) (global $long (mut i64) (i64.const -1)) (global $calls (mut i32) (i32.const 0))
  (global $double (mut f64) (f64.const 1.5)) (global $single (mut f32) (f32.const nan:0x200001)) (global $reference (mut funcref) (ref.func $f1))
  (global $top (mut i32) (i32.const 4096))
  (table $t 4 funcref) (elem (table $t) (i32.const 0) func $f0 $f1 $f2) (elem $elements func $f3)
  (table $u 3 funcref) (elem (table $u) (i32.const 1) func $f3 $f0)
  (data (i32.const 60000) "BYTES") (data $passive "passive")
  START
  (func $inside (param i32) (result i32) (i32.rem_u (local.get 0) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 16))))
  FUNCTIONS
  (func (export "pappus_alloc") (param i32) (result i32) (global.get $top))
  (func $digest (result i32) (local $at i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 5)) (i32.load (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.shl (memory.size) (i32.const 16)))))
    (local.get $sum))
  (func (export "pappus_run") (param $in i32) (result i32) (local $sum i32) (local $item i32)
    (local.set $item (i32.load offset=8 (i32.load (local.get $in))))
    (local.set $sum (call $f0 (i32.load (i32.load offset=12 (local.get $item)))))
    (local.set $sum (i32.add (local.get $sum) (i32.mul (call $digest) (i32.const 7))))
    (local.set $sum (i32.xor (local.get $sum) (i32.xor (global.get $word) (i32.wrap_i64 (global.get $long)))))
    (local.set $sum (i32.xor (local.get $sum) (i32.wrap_i64 (i64.reinterpret_f64 (global.get $double)))))
    (local.set $sum (i32.add (local.get $sum) (i32.add (i32.mul (memory.size) (i32.const 13)) (i32.mul (table.size $t) (i32.const 17)))))
    (i32.store (i32.const 64) (i32.const 80)) (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (i32.const 96)) (i32.store (i32.const 92) (i32.const 1))
    (i32.store (i32.const 96) (i32.const 128)) (i32.store (i32.const 100) (i32.const 1)) (i32.store (i32.const 104) (i32.const 0))
    (i32.store (i32.const 108) (i32.const 136)) (i32.store (i32.const 112) (i32.const 4))
    (i32.store (i32.const 128) (i32.const 115)) (i32.store (i32.const 136) (local.get $sum))
    (i32.const 64)))`;
