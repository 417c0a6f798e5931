// A greeting for each name, in AssemblyScript on the lean interface: items are records in linear memory.
//
//     npx asc hello.ts --optimize --runtime stub --use abort= --exportStart _initialize -o hello.wasm

// Bytes of the records, and where their fields are: pappus.h in packages/platform/abi has the layout.
const SET_BYTES: usize = 16;
const ITEM_BYTES: usize = 20;

/** Room for the input. */
export function pappus_alloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function pappus_run(input: usize): usize {
  const names = load<usize>(input); // the first set
  const items = load<usize>(names, 8);
  const count = load<u32>(names, 12);
  const greetings = heap.alloc(<usize>count * ITEM_BYTES);
  for (let i: usize = 0; i < count; i++) greet(items + i * ITEM_BYTES, greetings + i * ITEM_BYTES);
  return outputOf(greetings, count);
}

/** Name and key stay, the data become the greeting. */
function greet(item: usize, to: usize): void {
  memory.copy(to, item, ITEM_BYTES);
  const name = String.UTF8.decodeUnsafe(load<usize>(item, 12), load<u32>(item, 16)).trim();
  const greeting = String.UTF8.encode(`Hello, ${name}! Greetings from AssemblyScript.\n`);
  store<usize>(to, changetype<usize>(greeting), 12);
  store<u32>(to, greeting.byteLength, 16);
}

/** One set. Nothing is ever freed: each run begins with fresh memory. */
function outputOf(items: usize, count: u32): usize {
  const set = heap.alloc(SET_BYTES);
  store<u32>(set, 0, 0);
  store<u32>(set, 0, 4);
  store<usize>(set, items, 8);
  store<u32>(set, count, 12);
  const output = heap.alloc(8);
  store<usize>(output, set, 0);
  store<u32>(output, 1, 4);
  return output;
}
