/** What the server does, operation by operation. */
import { HEADERS, MEDIA_TYPES } from '../schemas/invocation.ts';
import type { Content, Operation } from './operation.ts';
import { FORCE, FUNCTION_SPEC, INVOCATION, INVOKE, LOG_WINDOW, NAME, PAGE, REFERENCE } from './parameters.ts';

const json = (schema: string): Content => ({ 'application/json': schema });
const bytes = { type: 'string', format: 'binary' } as const;
const text = { type: 'string' } as const;

const REGISTRY: readonly Operation[] = [
  {
    id: 'listFunctions', method: 'get', path: '/v1/functions', tag: 'functions', summary: 'List functions', parameters: PAGE,
    answers: { 200: { description: 'A page of names', content: json('Listing') } },
  },
  {
    id: 'deployFunction', method: 'put', path: '/v1/functions/{name}', tag: 'functions', summary: 'Deploy a function',
    description: 'The same code and spec are the same version. Parts: `spec` (JSON) and `code`; or the code as the raw body, and the spec in the query.',
    parameters: [NAME, ...FUNCTION_SPEC],
    body: {
      description: 'Code and spec',
      content: {
        [MEDIA_TYPES.multipart]: { type: 'object', properties: { spec: { $ref: '#/components/schemas/FunctionSpecRequest' }, code: bytes }, required: ['spec', 'code'] },
        'application/wasm': bytes,
        [MEDIA_TYPES.bytes]: bytes,
      },
    },
    answers: { 201: { description: 'A new version', content: json('FunctionDeployment') }, 200: { description: 'It was a version already', content: json('FunctionDeployment') } },
    problems: { 413: 'The code is too long', 422: 'Refused: `problems` names all that is wrong' },
  },
  {
    id: 'describeFunction', method: 'get', path: '/v1/functions/{reference}', tag: 'functions', summary: 'Describe a function', parameters: [REFERENCE],
    answers: { 200: { description: 'Everything known of the version', content: json('FunctionDescription') } }, problems: { 404: 'No such function' },
  },
  {
    id: 'removeFunction', method: 'delete', path: '/v1/functions/{reference}', tag: 'functions', summary: 'Remove a function, or one of its versions', parameters: [REFERENCE, FORCE],
    answers: { 200: { description: 'What was removed', content: json('Removal') } }, problems: { 404: 'No such function', 409: 'Compositions call it' },
  },
  {
    id: 'listCompositions', method: 'get', path: '/v1/compositions', tag: 'compositions', summary: 'List compositions', parameters: PAGE,
    answers: { 200: { description: 'A page of names', content: json('Listing') } },
  },
  {
    id: 'deployComposition', method: 'put', path: '/v1/compositions/{name}', tag: 'compositions', summary: 'Deploy the compositions of a source text',
    description: 'All compositions of the text are deployed, or none; `name` is one of them.', parameters: [NAME],
    body: { description: 'The source text', content: { 'text/plain': text } },
    answers: { 201: { description: 'New versions', content: json('CompositionDeployment') }, 200: { description: 'They were versions already', content: json('CompositionDeployment') } },
    problems: { 413: 'The text is too long', 422: 'Refused: `diagnostics` has line, column and message of all that is wrong' },
  },
  {
    id: 'describeComposition', method: 'get', path: '/v1/compositions/{reference}', tag: 'compositions', summary: 'Describe a composition', parameters: [REFERENCE],
    answers: { 200: { description: 'Everything known of the version', content: json('CompositionDescription') } }, problems: { 404: 'No such composition' },
  },
  {
    id: 'removeComposition', method: 'delete', path: '/v1/compositions/{reference}', tag: 'compositions', summary: 'Remove a composition, or one of its versions', parameters: [REFERENCE, FORCE],
    answers: { 200: { description: 'What was removed', content: json('Removal') } }, problems: { 404: 'No such composition', 409: 'Compositions call it' },
  },
];

const INVOKING: Operation = {
  id: 'invoke', method: 'post', path: '/v1/invoke/{reference}', tag: 'invocations', summary: 'Invoke a function or a composition',
  description: [
    `Input sets come as multipart (part name: set, file name: item, part header \`${HEADERS.key}\`), as tar (\`set/item\`), as a binary frame, or as a raw body: one item.`,
    'Outputs go by `Accept`: without one, the bytes of the item where there is just one, else multipart. Multipart, tar and frames are sent as outputs become final.',
    'Whoever closes the connection cancels the invocation.',
  ].join(' '),
  parameters: [REFERENCE, ...INVOKE],
  body: {
    description: 'Input sets; without a body all of them are empty',
    isOptional: true,
    content: { [MEDIA_TYPES.multipart]: { type: 'object', additionalProperties: { type: 'array', items: bytes } }, [MEDIA_TYPES.tar]: bytes, [MEDIA_TYPES.frame]: bytes, '*/*': bytes },
  },
  answers: {
    200: {
      description: 'Output sets',
      content: { [MEDIA_TYPES.bytes]: bytes, [MEDIA_TYPES.multipart]: bytes, [MEDIA_TYPES.tar]: bytes, [MEDIA_TYPES.frame]: bytes, [MEDIA_TYPES.json]: 'InvocationResult' },
      headers: {
        [HEADERS.invocation]: 'Id of the invocation',
        [HEADERS.version]: 'Hash of the version that ran',
        [HEADERS.key]: 'Key of the item, where the answer is the bytes of one and the key is not 0',
        'Server-Timing': 'Phases, where the invocation is traced and the answer has a known length',
      },
    },
  },
  problems: {
    404: 'No such function or composition; `hint` has the nearest name',
    406: 'The outputs do not fit the asked form',
    413: 'The body is too long',
    415: 'A body that cannot be read',
    502: 'A function of the platform, HTTP or Files, failed',
    504: 'A time limit was over',
  },
};

const OBSERVING: readonly Operation[] = [
  {
    id: 'trace', method: 'get', path: '/v1/traces/{id}', tag: 'observability', summary: 'Where an invocation spent its time', parameters: [INVOCATION],
    answers: { 200: { description: 'Its trace', content: json('Trace') } }, problems: { 404: 'Not traced, or no longer kept' },
  },
  {
    id: 'logs', method: 'get', path: '/v1/logs/{name}', tag: 'observability', summary: 'What a function wrote to stdout and stderr', parameters: [NAME, ...LOG_WINDOW],
    answers: { 200: { description: 'Its entries', content: json('Logs') } }, problems: { 404: 'No such function' },
  },
  { id: 'metrics', method: 'get', path: '/metrics', tag: 'observability', summary: 'Counters and histograms for Prometheus', answers: { 200: { description: 'Prometheus text', content: { 'text/plain': text } } } },
];

const SERVER: readonly Operation[] = [
  { id: 'health', method: 'get', path: '/healthz', tag: 'server', summary: 'Whether the server runs', open: true, answers: { 200: { description: 'It runs', content: { 'text/plain': text } } } },
  { id: 'ready', method: 'get', path: '/readyz', tag: 'server', summary: 'Whether it takes invocations', open: true, answers: { 200: { description: 'It does', content: { 'text/plain': text } } }, problems: { 503: 'The server is stopping, or has no engine' } },
  { id: 'openapi', method: 'get', path: '/openapi.json', tag: 'server', summary: 'This document', open: true, answers: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { type: 'object' } } } } },
];

export const OPERATIONS: readonly Operation[] = [...REGISTRY, INVOKING, ...OBSERVING, ...SERVER];
