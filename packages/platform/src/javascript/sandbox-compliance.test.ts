import { sandboxCompliance } from '../sandbox/testing/compliance.ts';
import { javaScriptSpec, newFactory } from './testing/functions.ts';

const program = (source: string) => async (): Promise<Uint8Array> => Buffer.from(source);

/** Its state: what a module, the global object, a prototype and a random sequence can hold. */
const CANARY = `
const own = { byte: 0, bytes: new Uint8Array(1000) };
const firstRandom = () => Math.random();
let expected;
export default (inputs) => {
  const [{ data: [byte] }] = inputs.in;
  const random = firstRandom();
  const found = [own.byte, globalThis.mark ?? 0, {}.mark ?? 0, Symbol.mark ?? 0, ...own.bytes.subarray(0, 10), expected === undefined ? 0 : 1];
  own.byte = globalThis.mark = Object.prototype.mark = Symbol.mark = byte;
  own.bytes.fill(byte);
  expected = random;
  if (byte % 16 === 1) null.fault;
  return { out: [{ name: 'state', data: Uint8Array.of(found.every((mark) => mark === 0) ? 0 : 1) }] };
};`;

// No traps and no exit codes: JavaScript throws.
sandboxCompliance('JavaScript sandboxes', {
  factory: () => newFactory(),
  spec: javaScriptSpec({ inputs: ['in'], outputs: ['out'], limits: { outputItems: 1_000, outputBytes: 1_000_000, logBytes: 2_000 } }),
  canaryRuns: 500,
  programs: {
    copy: program('export default (inputs) => ({ out: inputs.in })'),
    recurse: program('const deeper = () => deeper() + 1; export default deeper'),
    grow: program('export default () => { const all = []; for (;;) all.push(new Float64Array(1000).fill(1)) }'),
    'flood-items': program('export default () => ({ out: Array.from({ length: 2000 }, (_, i) => ({ name: `item-${i}`, data: "" })) })'),
    'flood-bytes': program('export default () => ({ out: Array.from({ length: 100 }, (_, i) => ({ name: `item-${i}`, data: new Uint8Array(60000) })) })'),
    canary: program(CANARY),
    print: program('export default () => { console.log("x".repeat(4999)); console.error("x".repeat(4999)); return {} }'),
  },
});
