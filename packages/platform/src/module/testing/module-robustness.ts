/**
 * What must hold for any bytes that somebody deploys. V8 is the oracle: what it finds invalid is refused; what is accepted
 * compiles in its rewritten form, gets an instance, imports nothing but what it may, keeps to its memory, and runs to an
 * end or to a time limit. A module in reset mode does, run after run, what the same module does in a new instance.
 */
import { Script, createContext } from 'node:vm';
import { assert } from '@pappus/core';
import { PAGE_BYTES, MAX_PROBLEMS } from '../limits.ts';
import { webAssembly } from '../web-assembly.ts';
import type { Preparation, PreparedModule, RunOutcome, Sandbox } from '../../sandbox/sandbox.ts';
import { testFactory, testSpec } from '../../sandbox/testing/assemble.ts';

/** Of processor time: other processes may be in the way. */
const PREPARED_WITHIN_MS = 5_000;
const RUN_MS = 250;
const LONGEST_PROBLEM = 1_000;

export type Fate = 'invalid' | 'refused' | 'ran' | 'endless';

const factory = testFactory();
const spec = testSpec({ limits: { memoryBytes: 16 * PAGE_BYTES } });

/** Throws where something does not hold. */
export async function checkModule(code: Uint8Array): Promise<Fate> {
  const valid = webAssembly.validate(code);
  const before = process.cpuUsage();
  const prepared = await factory.prepare(code, spec);
  const tookMs = process.cpuUsage(before).user / 1_000;
  assert(tookMs < PREPARED_WITHIN_MS, `${code.length} bytes took ${tookMs} ms`);
  if (prepared.kind === 'refused') {
    checkProblems(prepared);
    return valid ? 'refused' : 'invalid';
  }
  assert(valid, 'a module was accepted that is not valid');
  checkReport(prepared.module);
  return (await runs(prepared.module)) ? 'ran' : 'endless';
}

function checkProblems({ problems }: Extract<Preparation, { kind: 'refused' }>): void {
  assert(problems.length > 0 && problems.length <= MAX_PROBLEMS + 1, `${problems.length} problems`);
  // oxlint-disable-next-line no-control-regex
  for (const problem of problems) assert(problem.length < LONGEST_PROBLEM && !/[\u0000-\u001f\u007f]/.test(problem), `the problem ${JSON.stringify(problem)}`);
}

function checkReport({ report }: PreparedModule): void {
  const { initialPages, maximumPages } = report.memory;
  assert(initialPages <= maximumPages && maximumPages * PAGE_BYTES <= spec.limits.memoryBytes, `a memory of ${initialPages} to ${maximumPages} pages`);
  for (const name of report.imports) assert(name.startsWith('wasi_snapshot_preview1.'), `an import of ${name}`);
}

const INPUTS: readonly number[] = [1, 2, 1];

/** True where all runs came to an end. */
async function runs(module: PreparedModule): Promise<boolean> {
  const first = await answers(module);
  if (first === null || module.report.mode === 'pooled') return first !== null;
  const fresh = await answers({ ...module, report: { ...module.report, mode: 'pooled' } });
  if (fresh === null) return false;
  for (const [index, answer] of first.entries()) assert(answer === fresh[index], `run ${index} of a kept instance gives ${answer}, of a new one ${fresh[index] ?? ''}`);
  return true;
}

/** What the runs gave, or null where one had to be stopped. */
async function answers(module: PreparedModule): Promise<readonly string[] | null> {
  const sandbox = await factory.open(module, spec);
  const found: string[] = [];
  for (const input of INPUTS) {
    const outcome = bounded(sandbox, input);
    if (outcome === null) return null;
    found.push(describe(outcome));
  }
  sandbox.rest();
  assert(found[0] === found[2] || found[0] === STACK, 'the same input gives the same output');
  return found.map((each) => (found.includes(STACK) ? STACK : each));
}

/** How deep a stack is differs between compilers, so what it does is no answer. */
const STACK = 'limit stack';

function describe(outcome: RunOutcome): string {
  if (outcome.kind === 'done') return JSON.stringify(outcome.outputs.map(({ items }) => items.map(({ name, key, data }) => [name, key, digest(data)])));
  const { failure } = outcome;
  if (failure.kind === 'limit') return `limit ${failure.limit}`;
  return failure.kind === 'trap' ? `trap ${failure.trap}` : JSON.stringify(failure);
}

function digest(data: Uint8Array): number {
  let sum = data.length;
  for (const byte of data) sum = (Math.imul(sum, 31) + byte) | 0;
  return sum;
}

const context = createContext({ run: null as (() => void) | null });
const script = new Script('run()');

/** A run that is stopped from outside after a while, as an engine stops its threads; null then. */
function bounded(sandbox: Sandbox, input: number): RunOutcome | null {
  let outcome: RunOutcome | null = null;
  context['run'] = (): void => {
    outcome = sandbox.run([{ name: 'in', items: [{ name: 'a', key: 0, data: Uint8Array.of(input) }] }], null);
  };
  try {
    script.runInContext(context, { timeout: RUN_MS });
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
    throw thrown;
  }
  return outcome;
}
