import { describe, expect, it } from 'vitest';
import { functionSpecSchema } from './function-spec.ts';
import { parseStrict, parseWith } from './strict-parse.ts';

const problems = (input: unknown): readonly string[] => {
  const parsed = parseWith(functionSpecSchema, input);
  return parsed.kind === 'refused' ? parsed.problems : [];
};

describe('a function spec', () => {
  it('needs the names of the sets, and has a default for everything else', () => {
    expect(parseStrict(functionSpecSchema, { inputs: ['a'], outputs: [] }, 'spec')).toEqual({
      kind: 'wasm',
      inputs: ['a'],
      outputs: [],
      limits: { memoryBytes: 67_108_864, timeMs: 30_000, outputBytes: 268_435_456, outputItems: 10_000, logBytes: 65_536, concurrency: 1_024 },
      capabilities: { clock: false, random: false, environment: {} },
      memoize: false,
    });
    expect(problems({})).toHaveLength(2);
  });

  it('names the key that was meant, at any depth', () => {
    expect(problems({ inputs: [], outputs: [], memoise: true })).toEqual(['there is no key "memoise": did you mean "memoize"?']);
    expect(problems({ inputs: [], outputs: [], limits: { timeMS: 5 } })).toEqual(['limits: there is no key "timeMS": did you mean "timeMs"?']);
    expect(problems({ inputs: [], outputs: [], capabilities: { zebra: 1 } })).toEqual(['capabilities: there is no key "zebra"']);
  });

  it('names all problems at once, and quotes no more than the start of what is long', () => {
    const found = problems({ inputs: ['1'], outputs: 'no', limits: { timeMs: 0 }, ['k'.repeat(1_000)]: 1 });
    expect(found).toHaveLength(4);
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThan(200);
    expect(() => parseStrict(functionSpecSchema, { inputs: ['1'] }, 'the spec')).toThrow(/^the spec: inputs\.0: .*; outputs: /);
  });
});
