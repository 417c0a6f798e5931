/** Deploying the compositions of a source text: parsed and checked against what is registered; all of them, or none. */
import type { CompositionDeployment, SourceDiagnostic } from '@pappus/api';
import { compile, hasErrors, LineTable, parse, suggestion, type Diagnostic, type Signature } from '@pappus/composition';
import { AppError } from '@pappus/core';
import { signatureOf, type Registry } from '@pappus/platform';
import { json, parameter, type ApiAnswer, type ApiCall, type Handler } from '../http/api-call.ts';
import { problem } from '../http/problem-of.ts';
import { MAX_SOURCE_BYTES } from '../limits.ts';
import { onlyKnown } from './query-values.ts';
import { switchedOffHint } from './switched-off.ts';

export interface CompositionDeployer {
  readonly registry: Registry;
  readonly builtins: ReadonlyMap<string, Signature>;
}

export function deployCompositionRoute(deployer: CompositionDeployer): Handler {
  return (call) => deploy(deployer, call);
}

async function deploy(deployer: CompositionDeployer, call: ApiCall): Promise<ApiAnswer> {
  onlyKnown(call.query, []);
  const name = parameter(call, 'name');
  const source = text(await call.body(MAX_SOURCE_BYTES));
  const { checked, diagnostics } = compile(source, { registered: registeredFor(source, deployer) });
  const described = describe(diagnostics, source);
  if (checked === null || hasErrors(diagnostics)) return { kind: 'problem', problem: problem('refused', 422, summary(name, described), { diagnostics: described, problems: described.map(line) }) };
  if (!checked.graphs.has(name)) return refused(name, [`the text holds no composition ${name}`], suggestion(name, checked.graphs.keys()) ?? `It holds ${[...checked.graphs.keys()].join(', ') || 'none'}.`);
  const deployment = await deployer.registry.deployCompositions({ source, graphs: [...checked.graphs.values()] }, call.signal);
  if (deployment.kind === 'refused') return refused(name, deployment.problems, null);
  const { versions, breaks } = deployment;
  const version = versions.find((candidate) => candidate.name === name);
  if (version === undefined) throw new AppError('internal', `${name} was deployed without a version`);
  const answer: CompositionDeployment = { ...version, versions, warnings: described, breaks };
  return json(answer, versions.some(({ created }) => created) ? 201 : 200);
}

const refused = (name: string, problems: readonly string[], hint: string | null): ApiAnswer => ({
  kind: 'problem',
  problem: problem('refused', 422, `${name.slice(0, 100)} cannot be deployed: ${problems.join('; ')}`, { problems, hint }),
});

/** Signatures of what the text declares. All names are added only where one is missing, for the suggestion. */
function registeredFor(source: string, { registry, builtins }: CompositionDeployer): ReadonlyMap<string, Signature> {
  const known = new Map(builtins);
  const declared = parse(source).module.items.filter(({ kind }) => kind === 'function').map(({ name }) => name.text);
  let missing = false;
  for (const name of declared) {
    if (known.has(name)) continue;
    const signature = registeredSignature(registry, name);
    if (signature === null) missing = true;
    else known.set(name, signature);
  }
  if (missing) for (const { name } of registry.list()) if (!known.has(name)) known.set(name, signatureOf(registry.resolve(name)));
  return known;
}

function registeredSignature(registry: Registry, name: string): Signature | null {
  try {
    return signatureOf(registry.resolve(name));
  } catch (thrown) {
    if (thrown instanceof AppError && (thrown.code === 'not-found' || thrown.code === 'invalid-argument')) return null;
    throw thrown;
  }
}

function describe(diagnostics: readonly Diagnostic[], source: string): readonly SourceDiagnostic[] {
  const lines = new LineTable(source);
  return diagnostics.map(({ severity, code, message, span, hint, related }) => {
    const start = lines.position(span.start);
    const end = lines.position(span.end);
    const other = related === null ? null : { ...lines.position(related.span.start), message: related.message };
    const off = code === 'unregistered-function' ? switchedOffHint(source.slice(span.start, span.end)) : null;
    return { severity, code, message, line: start.line, column: start.column, endLine: end.line, endColumn: end.column, hint: off ?? hint, related: other };
  });
}

const line = ({ line: at, column, severity, message }: SourceDiagnostic): string => `${at}:${column}: ${severity}: ${message}`;

function summary(name: string, diagnostics: readonly SourceDiagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  return `${name.slice(0, 100)} cannot be deployed: ${first === undefined ? 'the text is wrong' : `line ${first.line}, column ${first.column}: ${first.message}`}${more}`;
}

function text(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new AppError('invalid-argument', 'the source text is not UTF-8');
  }
}
