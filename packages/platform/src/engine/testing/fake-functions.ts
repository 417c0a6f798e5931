/** Functions of the fake sandboxes, as their registry: a hash is the code. */
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { ItemSet, Sets } from '../../sets/item.ts';
import type { FunctionSource, Segment, SegmentResult, SegmentTask } from '../compute-engine.ts';
import { FAKE_REPORT } from './fake-sandboxes.ts';

export const FAKE_SANDBOXES: URL = new URL('./fake-sandboxes.ts', import.meta.url);

export const fakeSpec = (timeMs = 10_000): FunctionSpec => ({
  kind: 'wasm',
  inputs: ['in'],
  outputs: ['out'],
  limits: { memoryBytes: 2 ** 20, timeMs, outputBytes: 2 ** 30, outputItems: 1e6, logBytes: 1e6, concurrency: 100 },
  capabilities: { clock: false, random: false, environment: {} },
  memoize: false,
});

/** `echo`, or with a time limit in ms: `loop@200`. */
export const fakeSource: FunctionSource = {
  load: async (hash) => {
    const [code = '', timeMs] = hash.split('@');
    if (code === 'gone') return null;
    return { spec: fakeSpec(timeMs === undefined ? undefined : Number(timeMs)), module: { bytes: Buffer.from(code), report: FAKE_REPORT } };
  },
};

export const oneStep = (hash: string): Segment => ({ steps: [{ function: hash, inputs: [], exported: [true] }], fanOut: 1 });

export const textSet = (name: string, ...texts: readonly string[]): ItemSet => ({
  name,
  items: texts.map((text, key) => ({ name: `item-${key}`, key, data: Buffer.from(text) })),
});

export const taskOf = (segment: Segment, inputs: Sets = [textSet('in', 'hello')]): SegmentTask => ({ invocation: 'test', segment, inputs, stdio: null, traced: false });

/** The texts of an output set. */
export function outputTexts(result: SegmentResult, step = 0, output = 0): readonly string[] | null {
  if (result.kind === 'failed') return null;
  const set = result.outputs[step]?.[output];
  return set === null || set === undefined ? null : set.items.map(({ data }) => Buffer.from(data).toString());
}
