/** Traces as OpenTelemetry spans in OTLP's JSON: one for the invocation, one for each run, with its phases as attributes. */
import { createHash } from 'node:crypto';
import type { Trace, TraceSpan } from '@pappus/api';

type Json = Readonly<Record<string, unknown>>;

const SERVER_SPAN = 2;
const INTERNAL_SPAN = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** The body of one request to `/v1/traces`. */
export function otlpBody(traces: readonly Trace[], serviceName: string): Json {
  return {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', serviceName)] },
        scopeSpans: [{ scope: { name: 'pappus' }, spans: traces.flatMap(spansOf) }],
      },
    ],
  };
}

function spansOf(trace: Trace): readonly Json[] {
  // Ids are made of the invocation's: the same one exported twice is the same trace.
  const digest = createHash('sha256').update(trace.invocation).digest('hex');
  const traceId = digest.slice(0, 32);
  const rootId = digest.slice(32, 48);
  const startNs = BigInt(Date.parse(trace.startedAt)) * 1_000_000n;
  const root = {
    traceId,
    spanId: rootId,
    name: trace.name,
    kind: SERVER_SPAN,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + ns(trace.durationUs)),
    attributes: [
      text('pappus.invocation', trace.invocation),
      text('pappus.version', trace.hash),
      whole('pappus.input_bytes', trace.inputBytes),
      whole('pappus.output_bytes', trace.outputBytes),
      text('pappus.outcome', trace.outcome),
    ],
    status: trace.problem === null ? { code: STATUS_OK } : { code: STATUS_ERROR, message: trace.problem.detail },
  };
  return [root, ...trace.spans.map((span, index) => runSpan(span, { traceId, parentSpanId: rootId, spanId: spanId(digest, index), startNs }))];
}

interface Place {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly spanId: string;
  readonly startNs: bigint;
}

function runSpan(span: TraceSpan, { startNs, ...ids }: Place): Json {
  const { queueUs, fetchUs, sandboxUs, computeUs, storeUs } = span;
  const start = startNs + ns(span.startedUs);
  const attributes = Object.entries({ queueUs, fetchUs, sandboxUs, computeUs, storeUs }).map(([name, value]) => real(`pappus.${name.slice(0, -2)}_us`, value));
  return {
    ...ids,
    name: span.function,
    kind: INTERNAL_SPAN,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + ns(queueUs + fetchUs + sandboxUs + computeUs + storeUs)),
    attributes: [...attributes, whole('pappus.application', span.application), text('pappus.makes', span.makes.join(' ')), whole('pappus.run', span.run), { key: 'pappus.cached', value: { boolValue: span.cached } }],
  };
}

const ns = (us: number): bigint => BigInt(Math.round(us * 1000));
const spanId = (digest: string, index: number): string => createHash('sha256').update(`${digest}/${index}`).digest('hex').slice(0, 16);
const text = (key: string, value: string): Json => ({ key, value: { stringValue: value } });
const whole = (key: string, value: number): Json => ({ key, value: { intValue: String(value) } });
const real = (key: string, value: number): Json => ({ key, value: { doubleValue: value } });
