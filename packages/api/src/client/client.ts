/** The typed client: one method for each operation of the HTTP API. */
import { compositionDeploymentSchema, functionDeploymentSchema, removalSchema, type CompositionDeployment, type FunctionDeployment, type Removal } from '../schemas/deployment.ts';
import { compositionDescriptionSchema, functionDescriptionSchema, type CompositionDescription, type Description, type FunctionDescription } from '../schemas/description.ts';
import type { FunctionSpecRequest } from '../schemas/function-spec.ts';
import { MAX_OUTPUT_BYTES } from '../limits.ts';
import { HEADERS, MEDIA_TYPES } from '../schemas/invocation.ts';
import { listingSchema, type Listed, type Listing } from '../schemas/listing.ts';
import { logsSchema, type Logs } from '../schemas/log.ts';
import { traceSchema, type Trace } from '../schemas/trace.ts';
import { Invocation } from './invocation.ts';
import { ProblemError } from './problem-error.ts';
import { setsBody, type InputSets } from './sets-body.ts';
import { Transport, type Body, type Call, type ClientOptions } from './transport.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface InvokeOptions extends CallOptions {
  /** Milliseconds after which the server gives the invocation up. */
  readonly timeoutMs?: number | undefined;
  /** Trace it, whatever the sampling. */
  readonly traced?: boolean | undefined;
}

export interface PageOptions extends CallOptions {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface LogOptions extends CallOptions {
  /** `next` of an earlier answer; entries after it are wanted. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
  /** Wait so long for an entry where there is none yet. */
  readonly waitMs?: number | undefined;
}

type Kind = 'functions' | 'compositions';

export class PappusClient {
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#transport = new Transport(options);
  }

  deployFunction(name: string, spec: FunctionSpecRequest, code: Uint8Array, { signal }: CallOptions = {}): Promise<FunctionDeployment> {
    const body = new FormData();
    body.set('spec', new Blob([JSON.stringify(spec)], { type: 'application/json' }), 'spec.json');
    body.set('code', new Blob([code as Uint8Array<ArrayBuffer>], { type: MEDIA_TYPES.bytes }), 'code');
    return this.#transport.json({ method: 'PUT', path: `/v1/functions/${encodeURIComponent(name)}`, body, signal }, functionDeploymentSchema);
  }

  /** Deploys every composition of `source`; `name` is one of them. */
  deployComposition(name: string, source: string, { signal }: CallOptions = {}): Promise<CompositionDeployment> {
    const call: Call = { method: 'PUT', path: `/v1/compositions/${encodeURIComponent(name)}`, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: source, signal };
    return this.#transport.json(call, compositionDeploymentSchema);
  }

  functions(options: PageOptions = {}): Promise<Listing> {
    return this.#page('functions', options);
  }

  compositions(options: PageOptions = {}): Promise<Listing> {
    return this.#page('compositions', options);
  }

  /** All functions, then all compositions, page by page. */
  async *list({ signal }: CallOptions = {}): AsyncGenerator<Listed, void, undefined> {
    for (const kind of ['functions', 'compositions'] as const) {
      let after: string | null | undefined;
      while (after !== null) {
        const page: Listing = await this.#page(kind, { after, signal });
        yield* page.names;
        after = page.next;
      }
    }
  }

  describeFunction(reference: string, { signal }: CallOptions = {}): Promise<FunctionDescription> {
    return this.#transport.json({ method: 'GET', path: pathOf('functions', reference), signal }, functionDescriptionSchema);
  }

  describeComposition(reference: string, { signal }: CallOptions = {}): Promise<CompositionDescription> {
    return this.#transport.json({ method: 'GET', path: pathOf('compositions', reference), signal }, compositionDescriptionSchema);
  }

  /** Whatever the name is of. */
  describe(reference: string, options: CallOptions = {}): Promise<Description> {
    return this.#either<Description>((kind) => (kind === 'functions' ? this.describeFunction(reference, options) : this.describeComposition(reference, options)));
  }

  /** All versions of a name, or the one of `name@hash`. What compositions call is removed only with `force`. */
  remove(reference: string, { force = false, signal }: CallOptions & { readonly force?: boolean } = {}): Promise<Removal> {
    const query = { force: force ? 'true' : undefined };
    return this.#either((kind) => this.#transport.json({ method: 'DELETE', path: pathOf(kind, reference), query, signal }, removalSchema));
  }

  /** Starts an invocation; resolves with its first output, or its end. */
  async invoke(reference: string, sets: InputSets, options: InvokeOptions = {}): Promise<Invocation> {
    const { signal } = options;
    const headers = { 'content-type': MEDIA_TYPES.tar, accept: MEDIA_TYPES.tar, ...invokeHeaders(options) };
    const body = (await setsBody(sets)) as Body;
    const response = await this.#transport.send({ method: 'POST', path: pathOf('invoke', reference), headers, body, signal });
    return new Invocation(response, (thrown) => this.#transport.connectionError(thrown, `the invocation of ${reference}`, signal));
  }

  /** One item in, the answer as it comes: for functions with one small input and one output item. */
  async invokeRaw(reference: string, data: Uint8Array | string, options: InvokeOptions & { readonly set?: string } = {}): Promise<Uint8Array> {
    const { signal, set } = options;
    const headers = { 'content-type': MEDIA_TYPES.bytes, accept: MEDIA_TYPES.bytes, ...invokeHeaders(options) };
    const body = data as Body;
    // No function gives more than that.
    return this.#transport.bytes({ method: 'POST', path: pathOf('invoke', reference), query: { set }, headers, body, signal }, MAX_OUTPUT_BYTES);
  }

  trace(invocation: string, { signal }: CallOptions = {}): Promise<Trace> {
    return this.#transport.json({ method: 'GET', path: `/v1/traces/${encodeURIComponent(invocation)}`, signal }, traceSchema);
  }

  logs(name: string, { after, limit, waitMs, signal }: LogOptions = {}): Promise<Logs> {
    const query = { after, limit, wait: waitMs };
    return this.#transport.json({ method: 'GET', path: `/v1/logs/${encodeURIComponent(name)}`, query, signal }, logsSchema);
  }

  /** Prometheus text. */
  metrics({ signal }: CallOptions = {}): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/metrics', signal });
  }

  /** Resolves when the server runs. */
  async health({ signal }: CallOptions = {}): Promise<void> {
    await this.#transport.text({ method: 'GET', path: '/healthz', signal });
  }

  /** Resolves when the server takes invocations. */
  async ready({ signal }: CallOptions = {}): Promise<void> {
    await this.#transport.text({ method: 'GET', path: '/readyz', signal });
  }

  async openapi({ signal }: CallOptions = {}): Promise<unknown> {
    return JSON.parse(await this.#transport.text({ method: 'GET', path: '/openapi.json', signal }));
  }

  #page(kind: Kind, { after, limit, signal }: PageOptions): Promise<Listing> {
    return this.#transport.json({ method: 'GET', path: `/v1/${kind}`, query: { after, limit }, signal }, listingSchema);
  }

  /** As a function; where there is none of the name, as a composition. */
  async #either<T>(attempt: (kind: Kind) => Promise<T>): Promise<T> {
    try {
      return await attempt('functions');
    } catch (thrown) {
      if (!(thrown instanceof ProblemError) || thrown.problem.status !== 404) throw thrown;
    }
    return attempt('compositions');
  }
}

const pathOf = (collection: Kind | 'invoke', reference: string): string => `/v1/${collection}/${encodeURIComponent(reference).replaceAll('%40', '@')}`;

function invokeHeaders({ timeoutMs, traced }: InvokeOptions): Readonly<Record<string, string>> {
  return {
    ...(timeoutMs === undefined ? {} : { [HEADERS.deadline]: String(timeoutMs) }),
    ...(traced === true ? { [HEADERS.trace]: '1' } : {}),
  };
}
