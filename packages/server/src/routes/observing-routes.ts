/** Traces, logs, metrics, health, and the document of the API. */
import { DEFAULT_LOG_ENTRIES, HEADERS, MAX_LOG_ENTRIES, MAX_LOG_WAIT_MS, openapiDocument } from '@pappus/api';
import { AppError } from '@pappus/core';
import type { Registry } from '@pappus/platform';
import { json, parameter, type ApiAnswer, type ApiCall, type Handler } from '../http/api-call.ts';
import type { LogStore } from '../observability/log-store.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { TraceStore } from '../observability/trace-store.ts';
import { onlyKnown, wholeNumber } from './query-values.ts';

export interface Observed {
  readonly registry: Registry;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  readonly metrics: Metrics;
  readonly version: string;
  /** Why no invocation could run now; null where they are taken. */
  readonly notReady: () => string | null;
}

const PLAIN = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

export function observingRoutes(observed: Observed): Readonly<Record<string, Handler>> {
  const { metrics, version, notReady } = observed;
  let document: unknown = null;
  return {
    trace: (call) => trace(observed, call),
    logs: (call) => logs(observed, call),
    metrics: () => ({ kind: 'text', contentType: PROMETHEUS, text: metrics.text() }),
    health: () => ({ kind: 'text', contentType: PLAIN, text: 'ok\n' }),
    ready() {
      const why = notReady();
      if (why !== null) throw new AppError('unavailable', why, { retryable: true });
      return { kind: 'text', contentType: PLAIN, text: 'ready\n' };
    },
    openapi: () => json((document ??= openapiDocument({ version }))),
  };
}

function trace({ traces }: Observed, call: ApiCall): ApiAnswer {
  const invocation = parameter(call, 'id');
  const found = traces.get(invocation);
  if (found !== null) return json(found);
  throw new AppError('not-found', `there is no trace of the invocation ${JSON.stringify(invocation.slice(0, 60))}`, {
    hint: `It was not traced, or is no longer kept. Under load only some are: send ${HEADERS.trace}: 1 with the next one.`,
  });
}

async function logs({ registry, logs: store }: Observed, call: ApiCall): Promise<ApiAnswer> {
  const { query, signal } = call;
  onlyKnown(query, ['after', 'limit', 'wait']);
  const after = wholeNumber(query, 'after', 0, 0, Number.MAX_SAFE_INTEGER);
  const limit = wholeNumber(query, 'limit', DEFAULT_LOG_ENTRIES, 1, MAX_LOG_ENTRIES);
  const waitMs = wholeNumber(query, 'wait', 0, 0, MAX_LOG_WAIT_MS);
  const { name } = registry.resolve(parameter(call, 'name'));
  return json(await store.follow(name, { after, limit }, waitMs, signal));
}
