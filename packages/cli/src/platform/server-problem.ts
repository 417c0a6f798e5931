/** What a server refused or what failed there, as the message, hint and JSON record of a command. */
import { ProblemError, type FunctionFailure, type Problem, type ProblemCode } from '@pappus/api';
import { AppError, type ErrorCode, type ErrorRecord } from '@pappus/core';

/** What to do about it in one command's case. */
export type Hints = { readonly [Code in ProblemCode]?: string };

export class ServerProblem extends AppError {
  readonly problem: Problem;

  constructor(error: ProblemError, message: string, hints: Hints = {}) {
    const { problem, retryable, retryAfterMs } = error;
    const hint = hints[problem.code] ?? commandHint(problem) ?? problem.hint ?? defaultHint(problem, retryAfterMs);
    super(error.code, message, { retryable, ...(hint === null ? {} : { hint }) });
    this.problem = problem;
  }

  override toRecord(): ErrorRecord & { readonly problem: Problem } {
    // The server's codes say more than those that a process ends by: a function's failure is none of ours.
    return { ...super.toRecord(), code: this.problem.code as ErrorCode, problem: this.problem };
  }
}

/** Anything that a call of the client threw, told in full. */
export function explained(thrown: unknown, hints: Hints = {}): unknown {
  if (!(thrown instanceof ProblemError)) return thrown;
  const { problem } = thrown;
  const lines = [problem.detail];
  if (problem.failure !== null) lines.push(...failureLines(problem.failure, problem.detail));
  if (problem.invocation !== null && problem.status >= 500) lines.push(`  invocation ${problem.invocation}`);
  return new ServerProblem(thrown, lines.join('\n'), hints);
}

/** Flags of `deploy`, by the limits that a function can run into. */
const LIMIT_FLAGS: Readonly<Record<string, string>> = { time: '--time', memory: '--memory', 'output-bytes': '--output-bytes', 'output-items': '--output-items' };

/** The server speaks of its HTTP interface; this is a command line. */
function commandHint({ code, failure, invocation }: Problem): string | null {
  if (code === 'in-use') return 'Remove these first, or add --force.';
  if (code === 'unauthenticated') return 'Give a token with --token or in PAPPUS_TOKEN.';
  if (code === 'deadline-exceeded' && failure === null) return 'Give it more time with --timeout.';
  const flag = LIMIT_FLAGS[failure?.limit ?? ''];
  if (flag !== undefined) return `Deploy ${failure?.function} with a higher limit, pappus deploy ${flag}, or give it less to do at once.`;
  return failure?.kind === 'exit' && invocation !== null ? `pappus logs ${failure.function} shows what it wrote, pappus trace ${invocation} its runs.` : null;
}

function defaultHint({ code, invocation }: Problem, retryAfterMs: number | null): string | null {
  if (retryAfterMs !== null) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  return code === 'function-failed' && invocation !== null ? `pappus trace ${invocation} shows its runs.` : null;
}

function failureLines(failure: FunctionFailure, detail: string): readonly string[] {
  const { application, items, message, stack, offset, functionName } = failure;
  const lines: string[] = [];
  if (!detail.includes(message)) lines.push(`  ${message}`);
  if (stack !== null) lines.push(...stack.trimEnd().split('\n').map((line) => `    ${line.trim()}`));
  if (functionName !== null || offset !== null) lines.push(`  at ${functionName ?? 'a function without a name'}${offset === null ? '' : `, offset 0x${offset.toString(16)} of the module`}`);
  if (application !== null) lines.push(`  in ${application}`);
  if (items.length > 0) lines.push(`  items: ${items.slice(0, 5).join(', ')}${items.length > 5 ? ', …' : ''}`);
  return lines;
}
