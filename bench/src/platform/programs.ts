/** Small functions of the lean interface, as WebAssembly text. Except for `nothing`, they take a set `in` and give a set `out`. */
import { assembleWasm, FIXED_MEMORY, GROWING_TABLE, leanProgram, SAME_ITEMS } from '@pappus/testkit';

/** Where the bytes of the first input item begin. */
const FIRST_DATA = '(i32.load offset=12 (i32.load offset=8 (i32.load (local.get $in))))';

/** An instance has 64 KiB and no more. */
const small = (body: string, more = ''): string => leanProgram(body, { memory: FIXED_MEMORY, more });

/** No input, no output: what is left is making the state fresh. */
export const NOTHING: string = small('(i32.const 64)');
export const NOTHING_POOLED: string = small('(i32.const 64)', GROWING_TABLE);
/** The items of the input. The output points into it. */
export const COPY: string = small(SAME_ITEMS);
export const COPY_POOLED: string = small(SAME_ITEMS, GROWING_TABLE);
/** The same with data of its own, so that each number makes another module. */
const COPY_NUMBERED: string = small(SAME_ITEMS, '(data (i32.const 4096) "number 00000000")');
export async function numberedCopies(): Promise<(number: number) => Uint8Array> {
  const code = Buffer.from(await assembleWasm(COPY_NUMBERED));
  const at = code.indexOf('00000000');
  return (number) => {
    const copy = Buffer.from(code);
    copy.write(String(number).padStart(8, '0'), at, 'latin1');
    return copy;
  };
}
/** For items of any size. */
export const COPY_LARGE: string = leanProgram(SAME_ITEMS);
/** Adds one to the first byte of the first item. `variant` makes it another function than those of other variants. */
export const addOne = (variant: number): string => small(`(i32.store8 ${FIRST_DATA} (i32.add (i32.load8_u ${FIRST_DATA}) (i32.const 1))) ${SAME_ITEMS}`, `(global $variant i32 (i32.const ${variant}))`);

/** The name of the only input item and the sum of its 64-bit words: an output of 8 bytes, whatever the input has. */
export const SUM: string = leanProgram(`
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
