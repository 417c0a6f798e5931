/** Deploying a function: spec and code are read, checked and prepared in an engine; then all of it is registered, or nothing. */
import { functionSpecSchema, MEDIA_TYPES, parseWith, type FunctionDeployment, type FunctionSpec } from '@pappus/api';
import { AppError, errorMessage } from '@pappus/core';
import type { ComputeEngine, Registry } from '@pappus/platform';
import { bodyForm } from '../formats/media-type.ts';
import { readMultipart } from '../formats/multipart-reader.ts';
import { json, parameter, type ApiAnswer, type ApiCall, type Handler } from '../http/api-call.ts';
import { problem } from '../http/problem-of.ts';
import { MAX_DEPLOYMENT_BYTES } from '../limits.ts';
import { onlyKnown } from './query-values.ts';

export interface FunctionDeployer {
  readonly registry: Registry;
  readonly engine: Pick<ComputeEngine, 'prepare'>;
}

export function deployFunctionRoute(deployer: FunctionDeployer): Handler {
  return (call) => deploy(deployer, call);
}

interface Sent {
  readonly spec: unknown;
  readonly code: Uint8Array;
}

async function deploy({ registry, engine }: FunctionDeployer, call: ApiCall): Promise<ApiAnswer> {
  const name = parameter(call, 'name');
  const sent = await read(call);
  const parsed = parseWith<FunctionSpec>(functionSpecSchema, sent.spec);
  const problems = [...registry.nameProblems(name), ...(sent.code.length === 0 ? ['there is no code'] : [])];
  // What a module may do depends on its spec: without one it is not looked at.
  if (parsed.kind === 'refused' || sent.code.length === 0) return refused(name, [...problems, ...(parsed.kind === 'refused' ? parsed.problems.map((text) => `spec: ${text}`) : [])]);
  const spec = parsed.value;
  const preparation = await engine.prepare(sent.code, spec, call.signal);
  if (preparation.kind === 'refused') return refused(name, [...problems, ...preparation.problems]);
  if (problems.length > 0) return refused(name, problems);
  const { module } = preparation;
  const deployment = await registry.deployFunction({ name, spec, code: sent.code, module }, call.signal);
  if (deployment.kind === 'refused') return refused(name, deployment.problems);
  const [version] = deployment.versions;
  if (version === undefined) throw new AppError('internal', `${name} was deployed without a version`);
  const answer: FunctionDeployment = { ...version, isolation: module.report, breaks: deployment.breaks };
  return json(answer, version.created ? 201 : 200);
}

const refused = (name: string, problems: readonly string[]): ApiAnswer => ({
  kind: 'problem',
  problem: problem('refused', 422, `${JSON.stringify(name.slice(0, 100))} cannot be deployed: ${problems.join('; ')}`, { problems }),
});

async function read(call: ApiCall): Promise<Sent> {
  const body = await call.body(MAX_DEPLOYMENT_BYTES);
  if (bodyForm(call.contentType) !== 'multipart') {
    onlyKnown(call.query, ['spec', 'in', 'out', 'kind']);
    return { spec: specOfQuery(call.query), code: body };
  }
  onlyKnown(call.query, []);
  const parts = new Map(readMultipart(body, call.contentType ?? '').map(({ name, data }) => [name, data]));
  const spec = parts.get('spec');
  const code = parts.get('code');
  const strange = [...parts.keys()].find((name) => name !== 'spec' && name !== 'code');
  if (spec === undefined || code === undefined || strange !== undefined) {
    throw new AppError('invalid-argument', strange === undefined ? `the part ${spec === undefined ? 'spec' : 'code'} is missing` : `there is no part ${JSON.stringify(strange.slice(0, 60))}`, {
      hint: 'Send two parts: spec (JSON) and code.',
    });
  }
  return { spec: parseJson(new TextDecoder().decode(spec)), code };
}

/** `spec` as JSON, or the short form: `in`, `out`, `kind`. */
function specOfQuery(query: URLSearchParams): unknown {
  const spec = query.get('spec');
  if (spec !== null) {
    if (query.size > 1) throw new AppError('invalid-argument', 'give either spec, or in, out and kind');
    return parseJson(spec);
  }
  if (!query.has('in') && !query.has('out')) {
    throw new AppError('invalid-argument', 'the names of the sets are missing', { hint: `Add ?in=a,b&out=c, or send ${MEDIA_TYPES.multipart} with the parts spec and code.` });
  }
  const names = (text: string | null): readonly string[] => (text ?? '').split(',').filter((name) => name !== '');
  return { inputs: names(query.get('in')), outputs: names(query.get('out')), ...(query.has('kind') ? { kind: query.get('kind') } : {}) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new AppError('invalid-argument', `the spec is no JSON: ${errorMessage(thrown)}`);
  }
}
