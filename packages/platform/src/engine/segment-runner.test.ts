import { systemClock } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FunctionSpec } from '../functions/function-spec.ts';
import type { RunOutcome, RunTimer, Sandbox } from '../sandbox/sandbox.ts';
import type { Item, ItemSet, Sets } from '../sets/item.ts';
import type { SegmentInput } from './compute-engine.ts';
import { MAX_SEGMENT_LOG_BYTES } from './limits.ts';
import type { SegmentProgram } from './segment-program.ts';
import { SegmentRunner, type OpenFunction } from './segment-runner.ts';
import { fakeSpec, outputTexts, textSet } from './testing/fake-functions.ts';

type Guest = (inputs: Sets, timer?: RunTimer) => readonly (readonly string[])[] | RunOutcome;

const items = (texts: readonly string[]): Item[] => texts.map((text, key) => ({ name: `i${key}`, key, data: Buffer.from(text) }));
const texts = (set: ItemSet | undefined): string[] => (set?.items ?? []).map(({ data }) => Buffer.from(data).toString());

function open(guest: Guest, inputs: readonly string[] = ['in'], outputs: readonly string[] = ['out']): OpenFunction {
  const spec: FunctionSpec = { ...fakeSpec(123), inputs, outputs };
  const run = (sets: Sets, _stdio: ItemSet | null, timer?: RunTimer): RunOutcome => {
    const made = guest(sets, timer);
    return 'kind' in made ? made : { kind: 'done', outputs: outputs.map((name, index) => ({ name, items: items(made[index] ?? []) })), log: null };
  };
  return { spec, sandbox: { mode: 'reset', keptBytes: 0, rest: () => {}, wake: () => {}, run, lend: run, settle: () => {} } };
}

const step = (...inputs: readonly Partial<SegmentInput>[]): SegmentProgram['steps'][number] => ({
  function: 0,
  inputs: inputs.map((input) => ({ step: 0, output: 0, distribution: 'all', optional: false, ...input })),
  exported: [true],
});

function run(program: SegmentProgram, functions: readonly OpenFunction[], inputs: Sets = [textSet('in', 'a')], traced = false): ReturnType<SegmentRunner['run']> {
  return new SegmentRunner(systemClock, () => {}).run({ program, functions, inputs, stdio: null, traced, lends: false });
}

const split = open(() => [['a', 'b', 'c']]);
const mark = open((inputs) => [texts(inputs[0]).map((text) => `${text}!`)]);
const count = open((inputs) => [[String(inputs[0]?.items.length)]]);
const none = open(() => [[]]);

describe('a segment', () => {
  test('runs a later step once over a whole set, or once per item of it', () => {
    const program = { fanOut: 10, steps: [step(), step({}), step({ distribution: 'each' }), step({ step: 2 })] };
    const result = run(program, [split, count, count, count]);
    expect([1, 2, 3].map((at) => outputTexts(result, at))).toEqual([['3'], ['1', '1', '1'], ['3']]);
  });

  test('names the sets of a step as its function has them', () => {
    const seen: string[] = [];
    const look = open((inputs) => {
      seen.push(...inputs.map((set) => set.name));
      return [[]];
    }, ['left', 'right']);
    run({ fanOut: 1, steps: [step(), step({}, { optional: true })] }, [split, look]);
    expect(seen).toEqual(['left', 'right']);
  });

  test('skips a step with an empty input, unless that is optional', () => {
    const result = run({ fanOut: 1, steps: [step(), step({}), step({ optional: true }), step({ distribution: 'each', optional: true })] }, [none, count, count, count]);
    expect(result).toMatchObject({ ran: [true, true, true, true] });
    expect([1, 2, 3].map((at) => outputTexts(result, at))).toEqual([[], ['0'], ['0']]);
  });

  test('leaves a step that would be too many runs, with what depends on it, and gives back what they read', () => {
    const inner = { ...step(), exported: [false] };
    const program = { fanOut: 2, steps: [inner, step({ distribution: 'each' }), step({ step: 1 }), step({})] };
    const result = run(program, [split, mark, count, count]);
    expect(result).toMatchObject({ kind: 'done', ran: [true, false, false, true] });
    expect([0, 1, 2, 3].map((at) => outputTexts(result, at))).toEqual([['a', 'b', 'c'], null, null, ['3']]);
  });

  test('keeps sets inside that do not leave it', () => {
    const result = run({ fanOut: 9, steps: [{ ...step(), exported: [false] }, step({})] }, [split, mark]);
    expect([outputTexts(result, 0), outputTexts(result, 1)]).toEqual([null, ['a!', 'b!', 'c!']]);
  });

  test('ends at the first failure and says where', () => {
    const failure = { kind: 'exit', code: 3 } as const;
    let runs = 0;
    const fails = open(() => {
      runs += 1;
      return runs < 2 ? [[]] : { kind: 'failed', failure, log: { stdout: Buffer.from('why'), stderr: new Uint8Array(0), droppedBytes: 0 } };
    });
    const result = run({ fanOut: 9, steps: [step(), step({ distribution: 'each' }), step({})] }, [split, fails, count]);
    expect(result).toMatchObject({ kind: 'failed', step: 1, failure, logs: [{ step: 1, log: { stdout: Buffer.from('why') } }] });
    expect(runs).toBe(2);
  });

  test('announces the limit of each run before it', () => {
    const seen: [number, number][] = [];
    new SegmentRunner(systemClock, (at, limitMs) => seen.push([at, limitMs])).run({ program: { fanOut: 9, steps: [step(), step({ distribution: 'each' })] }, functions: [split, mark], inputs: [], stdio: null, traced: false, lends: false });
    expect(seen).toEqual([[0, 123], [1, 123], [1, 123], [1, 123]]);
  });

  test('keeps the beginnings of logs up to a limit and counts the rest', () => {
    const loud = open((inputs) => ({ kind: 'done', outputs: [{ name: 'out', items: inputs[0]?.items ?? [] }], log: { stdout: new Uint8Array(MAX_SEGMENT_LOG_BYTES - 10), stderr: new Uint8Array(0), droppedBytes: 5 } }));
    const result = run({ fanOut: 9, steps: [step(), step({})] }, [loud, loud]);
    expect(result.logs.map(({ log }) => [log.stdout.length, log.droppedBytes])).toEqual([[MAX_SEGMENT_LOG_BYTES - 10, 5], [10, MAX_SEGMENT_LOG_BYTES - 15]]);
  });
});

test('a traced segment has a span per run, with its phases', async () => {
  const clock = new SimulatedClock();
  let nowMs = 0;
  const ticking = { nowMs: () => nowMs, wallMs: () => 0, schedule: clock.schedule.bind(clock) };
  const slow = open((inputs, timer) => {
    nowMs += 1;
    timer?.computing();
    nowMs += 2;
    timer?.storing();
    nowMs += 4;
    return [texts(inputs[0])];
  });
  const silent = open(() => {
    nowMs += 8;
    return [[]];
  });
  const runner = new SegmentRunner(ticking, () => {});
  const result = runner.run({ program: { fanOut: 1, steps: [step(), step({})] }, functions: [slow, silent], inputs: [textSet('in', 'a')], stdio: null, traced: true, lends: false });
  expect(result.spans).toEqual([
    { step: 0, startedUs: 0, sandboxUs: 1_000, computeUs: 2_000, storeUs: 4_000 },
    { step: 1, startedUs: 7_000, sandboxUs: 0, computeUs: 8_000, storeUs: 0 },
  ]);
  expect(result.busyUs).toBe(15_000);
});

/** The meaning of a segment, step by step, without a thought for cost. */
function oracle(program: SegmentProgram, functions: readonly OpenFunction[], inputs: Sets): readonly (readonly string[] | null)[] {
  const made: (readonly Item[] | null)[] = [];
  program.steps.forEach((each, at) => {
    const one = (sets: readonly (readonly Item[])[]): readonly Item[] => {
      const outcome = (functions[at] as OpenFunction).sandbox.run(sets.map((all, index) => ({ name: String(index), items: all })), null);
      return outcome.kind === 'done' ? (outcome.outputs[0]?.items ?? []) : [];
    };
    if (at === 0) return void made.push(one(inputs.map((set) => set.items)));
    const sets = each.inputs.map((input) => made[input.step] ?? null);
    if (sets.includes(null)) return void made.push(null);
    const bound = sets as (readonly Item[])[];
    if (each.inputs.some((input, index) => !input.optional && bound[index]?.length === 0)) return void made.push([]);
    if (each.inputs[0]?.distribution !== 'each' || bound[0]?.length === 0) return void made.push(one(bound));
    const all = bound[0] ?? [];
    made.push(all.length > program.fanOut ? null : all.flatMap((item) => one([[item]])));
  });
  return made.map((all) => all?.map(({ data }) => Buffer.from(data).toString()) ?? null);
}

test('random segments give what the definition says', () => {
  const kinds = [split, mark, count, none];
  const anyStep = fc.record({ kind: fc.nat(kinds.length - 1), from: fc.array(fc.record({ step: fc.nat(5), optional: fc.boolean() }), { minLength: 1, maxLength: 3 }), each: fc.boolean() });
  fc.assert(fc.property(fc.array(anyStep, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 10 }), (steps, fanOut) => {
    const program = {
      fanOut,
      steps: steps.map(({ from, each }, at) => {
        if (at === 0) return step();
        const inputs = each ? from.slice(0, 1) : from;
        return step(...inputs.map((input) => ({ step: input.step % at, optional: input.optional, distribution: each ? ('each' as const) : ('all' as const) })));
      }),
    };
    const functions = steps.map(({ kind }) => kinds[kind] as OpenFunction);
    const result = run(program, functions);
    const expected = oracle(program, functions, [textSet('in', 'a')]);
    expect(result.kind === 'done' && result.ran).toEqual(expected.map((set) => set !== null));
    expect(steps.map((_each, at) => outputTexts(result, at))).toEqual(expected);
  }), { numRuns: 300 });
});

describe('with guests that lend', () => {
  /** Says which of its methods were called; what it has lent is gone when it is settled. */
  function lender(told: string[], name: string): OpenFunction {
    const opened = mark.sandbox;
    let lent: Uint8Array[] = [];
    const sandbox: Sandbox = {
      ...opened,
      run: (inputs, stdio) => (told.push(`${name} runs`), opened.run(inputs, stdio)),
      lend: (inputs, stdio) => {
        told.push(`${name} lends`);
        const outcome = opened.run(inputs, stdio);
        lent = outcome.kind === 'done' ? outcome.outputs.flatMap(({ items: made }) => made.map(({ data }) => data)) : [];
        return outcome;
      },
      settle: () => {
        for (const data of lent.splice(0)) data.fill(0);
        told.push(`${name} settles`);
      },
    };
    return { ...mark, sandbox };
  }

  const lent = (functions: readonly OpenFunction[], steps: SegmentProgram['steps'], inputs: Sets): readonly (readonly string[] | null)[] => {
    const runner = new SegmentRunner(systemClock, () => {});
    const work = { program: { fanOut: 9, steps }, functions, inputs, stdio: null, traced: false, lends: true };
    const result = runner.run(work);
    const found = steps.map((_, at) => outputTexts(result, at));
    runner.settle(work);
    return found;
  };

  test('a step borrows until the segment is settled', () => {
    const told: string[] = [];
    const found = lent([lender(told, 'a'), lender(told, 'b')], [step(), step({})], [textSet('in', 'x')]);
    expect(found).toEqual([['x!'], ['x!!']]);
    expect(told).toEqual(['a lends', 'b lends', 'a settles', 'b settles']);
  });

  test('nothing is borrowed from a guest that runs again in the segment', () => {
    const told: string[] = [];
    const twice = lender(told, 'a');
    expect(lent([twice, twice, lender(told, 'b')], [step(), step({}), step({ step: 1, distribution: 'each' })], [textSet('in', 'x', 'y')])).toEqual([['x!', 'y!'], ['x!!', 'y!!'], ['x!!!', 'y!!!']]);
    expect(told.filter((each) => !each.includes('settles'))).toEqual(['a runs', 'a runs', 'b runs', 'b runs']);
  });
});
