/** Deploying files in an order in which each finds what it calls, with errors that show the place in the file. */
import { ProblemError, type Isolation, type PappusClient, type SourceDiagnostic } from '@pappus/api';
import { LineTable, renderDiagnostics, type Diagnostic } from '@pappus/composition';
import type { CompositionDeployable, Deployable, FunctionDeployable } from './deployable.ts';
import { explained, ServerProblem } from './server-problem.ts';

export interface Deployed {
  readonly kind: 'function' | 'composition';
  readonly file: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly hash: string;
  /** False where the server had this version. */
  readonly created: boolean;
  /** Of a function: how its runs are kept apart. */
  readonly isolation: Isolation | null;
  /** Warnings, and callers that no longer fit. */
  readonly remarks: readonly string[];
}

/** Functions first; a composition after those of the others that it calls. */
export function inOrder(deployables: readonly Deployable[]): readonly Deployable[] {
  const ordered: Deployable[] = deployables.filter(({ kind }) => kind === 'function');
  let waiting = deployables.filter((one) => one.kind === 'composition');
  while (waiting.length > 0) {
    const ready = waiting.filter((one) => !waiting.some((other) => other !== one && other.names.some((name) => one.declared.includes(name))));
    // In a circle nobody is ready: the server says so.
    const next = ready.length === 0 ? waiting : ready;
    ordered.push(...next);
    waiting = waiting.filter((one) => !next.includes(one));
  }
  return ordered;
}

export async function deploy(client: PappusClient, deployable: Deployable, signal: AbortSignal): Promise<readonly Deployed[]> {
  try {
    return deployable.kind === 'function' ? [await deployFunction(client, deployable, signal)] : await deployCompositions(client, deployable, signal);
  } catch (thrown) {
    throw refusal(thrown, deployable);
  }
}

async function deployFunction(client: PappusClient, { file, name, spec, code, warnings }: FunctionDeployable, signal: AbortSignal): Promise<Deployed> {
  const { hash, created, isolation, breaks } = await client.deployFunction(name, spec, code, { signal });
  return { kind: 'function', file, name, inputs: spec.inputs, outputs: spec.outputs, hash, created, isolation, remarks: [...warnings, ...breaks] };
}

async function deployCompositions(client: PappusClient, { file, names, signatures, source }: CompositionDeployable, signal: AbortSignal): Promise<readonly Deployed[]> {
  const { versions, warnings, breaks } = await client.deployComposition(names[0], source, { signal });
  const remarks = [...(warnings.length === 0 ? [] : [rendered(warnings, file, source)]), ...breaks];
  return versions.map(({ name, hash, created }, index) => {
    const { inputs, outputs } = signatures.get(name) ?? { inputs: [], outputs: [] };
    return { kind: 'composition', file, name, inputs, outputs, hash, created, isolation: null, remarks: index === 0 ? remarks : [] };
  });
}

function refusal(thrown: unknown, deployable: Deployable): unknown {
  if (!(thrown instanceof ProblemError)) return thrown;
  const { diagnostics, problems } = thrown.problem;
  if (deployable.kind === 'composition' && diagnostics.length > 0) {
    return new ServerProblem(thrown, `${deployable.file} cannot be deployed\n\n${rendered(diagnostics, deployable.file, deployable.source).trimEnd()}`);
  }
  if (problems.length > 1) return new ServerProblem(thrown, `${deployable.file} cannot be deployed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  return problems.length === 1 ? new ServerProblem(thrown, `${deployable.file} cannot be deployed: ${problems[0]}`) : explained(thrown);
}

function rendered(diagnostics: readonly SourceDiagnostic[], name: string, text: string): string {
  const lines = new LineTable(text);
  return renderDiagnostics(diagnostics.map((diagnostic) => local(diagnostic, lines)), { name, text });
}

/** Lines and columns as the offsets that the renderer takes. */
function local(diagnostic: SourceDiagnostic, lines: LineTable): Diagnostic {
  const { severity, code, message, hint, line, column, endLine, endColumn, related } = diagnostic;
  const span = { start: offset(lines, line, column), end: offset(lines, endLine, endColumn) };
  const other = related === null ? null : offset(lines, related.line, related.column);
  return {
    severity,
    code: code as Diagnostic['code'], // only printed
    message,
    hint,
    span,
    related: related === null || other === null ? null : { span: { start: other, end: other + 1 }, message: related.message },
  };
}

function offset(lines: LineTable, line: number, column: number): number {
  const before = Array.from(lines.lineText(line)).slice(0, column - 1);
  return lines.start(line) + before.join('').length;
}
