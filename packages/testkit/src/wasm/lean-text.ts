/** What programs of the lean interface are put together from, as WebAssembly text. They take sets and give one set. */

const allocator = (full: string): string => `
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 8192))
  (func $take (export "pappus_alloc") (param $n i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.add (i32.add (local.get $at) (local.get $n)) (i32.const 15)) (i32.const -16)))
    ${full}
    (local.get $at))`;

/** One page of memory and a bump allocator that grows it by what is missing. */
export const GROWING_MEMORY: string = allocator(`
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (if (i32.eq (memory.grow (i32.add (i32.shr_u (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))) (i32.const 16)) (i32.const 1))) (i32.const -1)) (then unreachable))))`);

/** One page and no more. */
export const FIXED_MEMORY: string = allocator('(if (i32.gt_u (global.get $top) (i32.const 65536)) (then unreachable))');

/** The address of the output: one set of `n` items. */
const ONE = `
  (func $one (param $items i32) (param $n i32) (result i32)
    (i32.store (i32.const 64) (i32.const 80))
    (i32.store (i32.const 68) (i32.const 1))
    (i32.store (i32.const 88) (local.get $items))
    (i32.store (i32.const 92) (local.get $n))
    (i32.const 64))`;

/** A table that grows can't be put back: such a module gets a new instance for each run. */
export const GROWING_TABLE = '(table $t 2 funcref) (func $grows (drop (table.grow $t (ref.null func) (i32.const 1))))';

/** The end of a body: the items of the first input set are those of the output. */
export const SAME_ITEMS = '(call $one (i32.load offset=8 (i32.load (local.get $in))) (i32.load offset=12 (i32.load (local.get $in))))';

export interface LeanParts {
  readonly memory?: string;
  /** Before everything else: imports, tables, functions. */
  readonly more?: string;
}

/** A module whose run is `body`: `$in` is the input's address, `$i`, `$n`, `$at`, `$item` and `$sum` (64 bits) are free. */
export const leanProgram = (body: string, { memory = GROWING_MEMORY, more = '' }: LeanParts = {}): string =>
  `(module ${more} ${memory} ${ONE} (func $run (export "pappus_run") (param $in i32) (result i32) (local $i i32) (local $n i32) (local $at i32) (local $item i32) (local $sum i64) ${body}))`;
