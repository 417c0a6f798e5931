/** The JavaScript program of the compliance suite's canary runs, for the short ones and the long ones. */
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { javaScriptSpec } from './functions.ts';

export const complianceSpec: FunctionSpec = javaScriptSpec({ inputs: ['in'], outputs: ['out'], limits: { outputItems: 1_000, outputBytes: 1_000_000, logBytes: 2_000 } });

/** As the compliance suite asks for it: its state is what a module, the global object, a prototype and a random sequence can hold. */
export const CANARY: string = `
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
