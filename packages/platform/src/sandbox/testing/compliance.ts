/**
 * What every sandbox does, whatever runs inside: each `SandboxFactory` passes these cases with programs of its own kind.
 * The programs take the input set `in` and give the output set `out`.
 *
 *   copy         the items of `in`, as they are
 *   trap         ends with a fault, after it has written all over its memory
 *   recurse      calls itself without end
 *   grow         takes memory without end
 *   flood-items  gives 2000 items
 *   flood-bytes  gives 100 items of 60000 bytes
 *   canary       gives one byte: 0 where all of its state is that of a new instance, else 1. Then it overwrites all of it
 *                with the first byte of its only input item, and when the last four bits of that are 0001 it ends with a fault
 *   print        prints 5000 bytes to each of stdout and stderr, and gives nothing
 *   exit         exits with code 3
 */
import { describe, expect, test } from 'vitest';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import type { Item, Sets } from '../../sets/item.ts';
import type { RunFailure, RunOutcome, Sandbox, SandboxFactory } from '../sandbox.ts';
import { testSpec } from './assemble.ts';

export type ProgramName = 'copy' | 'trap' | 'recurse' | 'grow' | 'flood-items' | 'flood-bytes' | 'canary' | 'print' | 'exit';

export interface ComplianceSubject {
  readonly factory: () => SandboxFactory;
  /** The code of each program, made when it is needed. Cases without a program are skipped, and are seen to be. */
  readonly programs: Partial<Readonly<Record<ProgramName, () => Promise<Uint8Array>>>>;
  /** The kind of functions, and limits that fit them. */
  readonly spec?: FunctionSpec;
  readonly canaryRuns: number;
}

export const item = (name: string, data: string | Uint8Array, key = 0): Item => ({ name, key, data: typeof data === 'string' ? Buffer.from(data) : data });
export const inputOf = (...items: readonly Item[]): Sets => [{ name: 'anything', items }];

/** Outputs as plain values, in the order of names. */
export function plainOutputs(outcome: RunOutcome): unknown {
  if (outcome.kind === 'failed') return outcome.failure;
  return Object.fromEntries(outcome.outputs.map(({ name, items }) => [name, plainItems(items)]));
}

const plainItems = (items: readonly Item[]): readonly unknown[] =>
  items.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))).map(({ name, key, data }) => [name, key, Buffer.from(data).toString('latin1')]);

function failureOf(outcome: RunOutcome): RunFailure {
  if (outcome.kind !== 'failed') throw new Error('the run did not fail');
  return outcome.failure;
}

export function sandboxCompliance(name: string, subject: ComplianceSubject): void {
  describe(name, () => {
    const programs = programCases(subject);
    copyCases(programs);
    lendingCases(programs);
    failureCases(programs, subject.spec ?? testSpec());
    isolationCases(programs, subject.canaryRuns);
  });
}

/** Only that nothing of one run is there in the next, for suites that do it at length. */
export function isolationCompliance(name: string, subject: ComplianceSubject): void {
  describe(name, () => {
    isolationCases(programCases(subject), subject.canaryRuns);
  });
}

/** A test with a sandbox of a program. */
type ProgramCase = (title: string, program: ProgramName, use: (sandbox: Sandbox) => void) => void;

function programCases({ factory: makeFactory, programs, spec = testSpec() }: ComplianceSubject): ProgramCase {
  return (title, program, use) =>
    test.skipIf(programs[program] === undefined)(title, async () => {
      const factory = makeFactory();
      const prepared = await factory.prepare((await programs[program]?.()) ?? new Uint8Array(), spec);
      if (prepared.kind === 'refused') throw new Error(prepared.problems.join('\n'));
      const sandbox = await factory.open(prepared.module, spec);
      try {
        use(sandbox);
      } finally {
        sandbox.rest();
      }
    });
}

function copyCases(check: ProgramCase): void {
  check('tells where its phases begin', 'copy', (sandbox) => {
    const told: string[] = [];
    sandbox.run(inputOf(item('a', 'x')), null, { computing: () => told.push('computing'), storing: () => told.push('storing') });
    expect(told).toEqual(['computing', 'storing']);
  });

  const copies = (title: string, ...items: readonly Item[]): void =>
    check(title, 'copy', (sandbox) => {
      // Twice: the second run finds nothing of the first.
      for (let run = 0; run < 2; run++) expect(plainOutputs(sandbox.run(inputOf(...items), null))).toEqual({ out: plainItems(items) });
    });

  copies('an item comes out as it went in', item('a.txt', 'some data', 7));
  copies('an empty set gives an empty set');
  copies('an empty item is an item', item('empty', ''));
  copies('names are any text, and keys any 32-bit number', item('Ein Größerer Näme 💡', 'x', 0xffff_ffff), item('b', 'y', 1));
  copies('500 items', ...Array.from({ length: 500 }, (_, index) => item(`item-${index}`, `data ${index}`, index)));
  copies('an item of 300000 bytes', item('large', new Uint8Array(300_000).map((_, index) => index * 7)));

  check('outputs stay what they are when the sandbox runs again', 'copy', (sandbox) => {
    const first = sandbox.run(inputOf(item('a', 'first')), null);
    const before = plainOutputs(first);
    for (let run = 0; run < 50; run++) sandbox.run(inputOf(item('a', 'XXXXX')), null);
    expect(plainOutputs(first)).toEqual(before);
  });
}

function lendingCases(check: ProgramCase): void {
  const long = item('long', new Uint8Array(200_000).map((_, index) => index * 5 + 1));
  check('what it lends is what it gives', 'copy', (sandbox) => {
    for (const items of [[long, item('b', 'x')], [item('c', '')], []]) {
      const lent = plainOutputs(sandbox.lend(inputOf(...items), null));
      sandbox.settle();
      expect(lent).toEqual(plainOutputs(sandbox.run(inputOf(...items), null)));
    }
  });

  check('a run finds nothing of what was lent before it, and settling twice does nothing', 'canary', (sandbox) => {
    const fresh = plainOutputs(sandbox.run(inputOf(item('a', 'x')), null));
    for (let run = 0; run < 20; run++) {
      sandbox.lend(inputOf(item('a', 'x')), null);
      sandbox.settle();
      sandbox.settle();
      expect(plainOutputs(sandbox.run(inputOf(item('a', 'x')), null))).toEqual(fresh);
    }
  });
}

function failureCases(check: ProgramCase, spec: FunctionSpec): void {
  const fails = (title: string, program: ProgramName, verify: (failure: RunFailure) => void): void =>
    check(title, program, (sandbox) => {
      for (let run = 0; run < 3; run++) verify(failureOf(sandbox.run(inputOf(item('a', 'b')), null)));
    });

  fails('a fault is a trap that names its kind', 'trap', (failure) => {
    expect(failure).toMatchObject({ kind: 'trap' });
    expect(failure.kind === 'trap' && failure.trap.length).toBeGreaterThan(3);
  });
  fails('endless recursion meets the limit of the stack', 'recurse', (failure) => expect(failure).toMatchObject({ kind: 'limit', limit: 'stack' }));
  fails('endless growth meets the limit of memory', 'grow', (failure) => expect(failure).toMatchObject({ kind: 'limit', limit: 'memory' }));
  fails('too many items meet their limit', 'flood-items', (failure) => expect(failure).toMatchObject({ kind: 'limit', limit: 'output-items' }));
  fails('too many bytes meet their limit', 'flood-bytes', (failure) => expect(failure).toMatchObject({ kind: 'limit', limit: 'output-bytes' }));
  fails('an exit code is a failure with it', 'exit', (failure) => expect(failure).toEqual({ kind: 'exit', code: 3 }));

  check('what is printed is kept up to its limit, and the rest is counted', 'print', (sandbox) => {
    for (let run = 0; run < 2; run++) {
      const { log } = sandbox.run(inputOf(), null);
      expect(log?.stdout.length).toBe(spec.limits.logBytes);
      expect(log?.stderr.length).toBe(spec.limits.logBytes);
      expect(log?.droppedBytes).toBe(2 * (5_000 - spec.limits.logBytes));
    }
  });
}

function isolationCases(check: ProgramCase, canaryRuns: number): void {
  check(`nothing of an earlier run is there, in ${canaryRuns} runs`, 'canary', (sandbox) => {
    let clean = 0;
    let faults = 0;
    for (let run = 0; run < canaryRuns; run++) {
      if (run % 50 === 20) sandbox.rest();
      if (run % 100 === 70) sandbox.wake();
      const outcome = sandbox.run(inputOf(item('a', Uint8Array.of(1 + (run % 255)))), null);
      if (outcome.kind === 'failed') faults++;
      else if (outcome.outputs[0]?.items[0]?.data[0] === 0) clean++;
    }
    const expected = Array.from({ length: canaryRuns }, (_, run) => 1 + (run % 255)).filter((byte) => byte % 16 === 1).length;
    expect({ clean, faults }).toEqual({ clean: canaryRuns - expected, faults: expected });
  });
}
