/** Small functions of the lean interface, as WebAssembly text. Except for `nothing`, they take a set `in` and give a set `out`. */
import loadWabt from 'wabt';

/** One page of memory and a bump allocator that does not grow it, so that an instance has 64 KiB and no more. */
const SMALL = `
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 8192))
  (func $take (export "pappus_alloc") (param $n i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $at) (local.get $n)) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (global.get $top) (i32.const 65536)) (then unreachable))
    (local.get $at))`;

/** The same with an allocator that grows the memory by what is missing. */
const GROWING = `
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 8192))
  (func $take (export "pappus_alloc") (param $n i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $at) (local.get $n)) (i32.const 15)) (i32.const -16)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (if (i32.eq (memory.grow (i32.add (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16)) (i32.const 1))) (i32.const -1)) (then unreachable))))
    (local.get $at))`;

/** An output of one set that has the items of the first input set. */
const SAME_ITEMS = `
  (i32.store (i32.const 64) (i32.const 80))
  (i32.store (i32.const 68) (i32.const 1))
  (i32.store (i32.const 88) (i32.load offset=8 (i32.load (local.get $in))))
  (i32.store (i32.const 92) (i32.load offset=12 (i32.load (local.get $in))))
  (i32.const 64)`;

/** Where the bytes of the first input item begin. */
const FIRST_DATA = '(i32.load offset=12 (i32.load offset=8 (i32.load (local.get $in))))';

/** A table that is changed can't be put back: such a module gets a new instance for each run. */
const CHANGES_TABLE = '(table $t 2 funcref) (func $changes (table.set $t (i32.const 0) (ref.null func)))';

const program = (base: string, body: string, more = ''): string => `(module ${more} ${base} (func $run (export "pappus_run") (param $in i32) (result i32) (local $i i32) (local $n i32) (local $at i32) (local $item i32) (local $sum i64) ${body}))`;

/** No input, no output: what is left is making the state fresh. */
export const NOTHING: string = program(SMALL, '(i32.const 64)');
export const NOTHING_POOLED: string = program(SMALL, '(i32.const 64)', CHANGES_TABLE);
/** The items of the input. The output points into it. */
export const COPY: string = program(SMALL, SAME_ITEMS);
export const COPY_POOLED: string = program(SMALL, SAME_ITEMS, CHANGES_TABLE);
/** For items of any size. */
export const COPY_LARGE: string = program(GROWING, SAME_ITEMS);
/** Adds one to the first byte of the first item. `variant` makes it another function than those of other variants. */
export const addOne = (variant: number): string => program(SMALL, `(i32.store8 ${FIRST_DATA} (i32.add (i32.load8_u ${FIRST_DATA}) (i32.const 1))) ${SAME_ITEMS}`, `(global $variant i32 (i32.const ${variant}))`);

/** The name of the only input item and the sum of its 64-bit words: an output of 8 bytes, whatever the input has. */
export const SUM: string = program(GROWING, `
  (local.set $item (i32.load offset=8 (i32.load (local.get $in))))
  (local.set $at (i32.load offset=12 (local.get $item)))
  (local.set $n (i32.add (local.get $at) (i32.and (i32.load offset=16 (local.get $item)) (i32.const -8))))
  (block $done (loop $next
    (br_if $done (i32.ge_u (local.get $at) (local.get $n)))
    (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br $next)))
  (i64.store (i32.const 128) (local.get $sum))
  (i32.store offset=12 (local.get $item) (i32.const 128))
  (i32.store offset=16 (local.get $item) (i32.const 8))
  ${SAME_ITEMS}`);

export async function assembled(text: string): Promise<Uint8Array> {
  const wabt = await loadWabt();
  const module = wabt.parseWat('program.wat', text);
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** The same program as a module of other content: with a custom section that holds `variant`. */
export function variantOf(code: Uint8Array, variant: number): Uint8Array {
  const section = Buffer.alloc(8);
  section.set([0, 6, 1, 0x76]); // custom section of 6 bytes, its name "v"
  section.writeUInt32LE(variant, 4);
  return Buffer.concat([code, section]);
}
