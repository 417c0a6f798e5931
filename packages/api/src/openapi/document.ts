/** The OpenAPI 3.1 document: paths from the operations, schemas from zod. */
import { z } from 'zod';
import { compositionDeploymentSchema, functionDeploymentSchema, removalSchema } from '../schemas/deployment.ts';
import { compositionDescriptionSchema, functionDescriptionSchema } from '../schemas/description.ts';
import { functionSpecSchema } from '../schemas/function-spec.ts';
import { invocationResultSchema } from '../schemas/invocation.ts';
import { listingSchema } from '../schemas/listing.ts';
import { logsSchema } from '../schemas/log.ts';
import { problemSchema, PROBLEM_MEDIA_TYPE } from '../schemas/problem.ts';
import { traceSchema } from '../schemas/trace.ts';
import type { Answer, Content, Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';

type Json = Readonly<Record<string, unknown>>;

const ANSWERED: readonly z.ZodType[] = [
  functionDeploymentSchema, compositionDeploymentSchema, removalSchema, listingSchema, functionDescriptionSchema,
  compositionDescriptionSchema, invocationResultSchema, traceSchema, logsSchema, problemSchema,
];

const PROBLEMS_OF_ALL: Readonly<Record<string, string>> = {
  400: 'The request is wrong',
  401: 'A token is missing or unknown',
  403: 'The server has no tokens, and the request is for another machine (`Host`) or from a page of one (`Origin`)',
  429: 'Too much at once: `Retry-After` says when to try again',
  500: 'A function failed (`failure` says how), or the server did',
  503: 'The server is stopping, or has no engine',
};

const PROBLEMS_OF_BODIES: Readonly<Record<string, string>> = { 408: 'The body stopped arriving' };

export interface DocumentOptions {
  readonly version: string;
}

export function openapiDocument({ version }: DocumentOptions): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pappus',
      version,
      summary: 'Functions as true functions: deploy them, compose them, invoke them',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['functions', 'compositions', 'invocations', 'observability', 'server'].map((name) => ({ name })),
    security: [{ token: [] }],
    paths: paths(),
    components: { schemas: schemas(), securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function paths(): Json {
  const found: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) (found[operation.path] ??= {})[operation.method] = describeOperation(operation);
  return found;
}

function describeOperation({ id, tag, summary, description, parameters = [], body, answers, problems = {}, open }: Operation): Json {
  const all = open === true ? { ...problems } : { ...PROBLEMS_OF_ALL, ...(body === undefined ? {} : PROBLEMS_OF_BODIES), ...problems };
  const failures = Object.entries(all).map(([status, text]) => [status, { description: text, content: { [PROBLEM_MEDIA_TYPE]: { schema: reference('Problem') } } }] as const);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(open === true ? { security: [] } : {}),
    parameters: parameters.map((parameter) => ({ ...parameter, ...(parameter.in === 'path' ? { required: true } : {}) })),
    ...(body === undefined ? {} : { requestBody: { description: body.description, required: body.isOptional !== true, content: describeContent(body.content) } }),
    responses: { ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)])), ...Object.fromEntries(failures) },
  };
}

function describeAnswer({ description, content, headers }: Answer): Json {
  const described = Object.entries(headers ?? {}).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }] as const);
  return { description, ...(content === undefined ? {} : { content: describeContent(content) }), ...(headers === undefined ? {} : { headers: Object.fromEntries(described) }) };
}

const describeContent = (content: Content): Json =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: typeof schema === 'string' ? reference(schema) : schema }]));

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/** Schemas by their id. What a request may leave out is there in every answer: the spec has two forms. */
function schemas(): Json {
  const found: Record<string, unknown> = {};
  for (const schema of ANSWERED) collect(schema, 'output', '', found);
  collect(functionSpecSchema, 'input', 'Request', found);
  return Object.fromEntries(Object.entries(found).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function collect(schema: z.ZodType, io: 'input' | 'output', suffix: string, found: Record<string, unknown>): void {
  // A schema with an id is a definition itself, and the document around it nothing but a reference to it.
  const { $defs = {} } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  for (const [name, inner] of Object.entries($defs)) {
    const { id: _, ...described } = inner;
    const named = name === 'Name' || name === 'Hash' ? name : `${name}${suffix}`;
    found[named] = moved(described, suffix);
  }
}

/** `#/$defs/X` as a component. */
function moved(value: unknown, suffix: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => moved(entry, suffix));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, moved(inner, suffix)];
      const name = inner.replace('#/$defs/', '');
      return [key, `#/components/schemas/${name === 'Name' || name === 'Hash' ? name : `${name}${suffix}`}`];
    }),
  );
}
