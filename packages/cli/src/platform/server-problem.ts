/** What a server refused or what failed there, as the message, hint and JSON record of a command. */
import { ProblemError, type FunctionFailure, type Problem } from '@pappus/api';
import { AppError, type ErrorRecord } from '@pappus/core';

export class ServerProblem extends AppError {
  readonly problem: Problem;

  constructor(error: ProblemError, message: string) {
    const { problem, retryable, retryAfterMs } = error;
    const hint = commandHint(problem) ?? problem.hint ?? defaultHint(problem, retryAfterMs);
    super(error.code, message, { retryable, ...(hint === null ? {} : { hint }) });
    this.problem = problem;
  }

  override toRecord(): ErrorRecord & { readonly problem: Problem } {
    return { ...super.toRecord(), problem: this.problem };
  }
}

/** Anything that a call of the client threw, told in full. */
export function explained(thrown: unknown): unknown {
  if (!(thrown instanceof ProblemError)) return thrown;
  const { problem } = thrown;
  const lines = [problem.detail];
  if (problem.failure !== null) lines.push(...failureLines(problem.failure, problem.detail));
  if (problem.invocation !== null && problem.status >= 500) lines.push(`  invocation ${problem.invocation}`);
  return new ServerProblem(thrown, lines.join('\n'));
}

/** The server speaks of its HTTP interface; this is a command line. */
function commandHint({ code, failure }: Problem): string | null {
  if (code === 'in-use') return 'Remove these first, or add --force.';
  return code === 'deadline-exceeded' && failure === null ? 'Give it more time with --timeout.' : null;
}

function defaultHint({ code, invocation }: Problem, retryAfterMs: number | null): string | null {
  if (retryAfterMs !== null) return `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
  if (code === 'unauthenticated') return 'Give a token with --token or in PAPPUS_TOKEN.';
  return code === 'function-failed' && invocation !== null ? `pappus trace ${invocation} shows its runs.` : null;
}

function failureLines(failure: FunctionFailure, detail: string): readonly string[] {
  const { application, items, message, stack, offset, functionName } = failure;
  const lines: string[] = [];
  if (!detail.includes(message)) lines.push(`  ${message}`);
  if (stack !== null) lines.push(...stack.trimEnd().split('\n').map((line) => `    ${line.trim()}`));
  if (functionName !== null || offset !== null) lines.push(`  at ${functionName ?? 'a function without a name'}${offset === null ? '' : `, offset 0x${offset.toString(16)} of the module`}`);
  if (application !== null && application !== failure.function) lines.push(`  in the application ${application}`);
  if (items.length > 0) lines.push(`  items: ${items.slice(0, 5).join(', ')}${items.length > 5 ? ', …' : ''}`);
  return lines;
}
