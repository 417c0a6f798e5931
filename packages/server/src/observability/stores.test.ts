import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Trace, TraceSpan } from '@pappus/api';
import { silentLogger, systemClock } from '@pappus/core';
import { SimulatedClock } from '@pappus/testkit';
import { describe, expect, it } from 'vitest';
import { MAX_LOGGING_FUNCTIONS, TRACED_PER_SECOND } from '../limits.ts';
import { LogStore } from './log-store.ts';
import { Metrics } from './metrics.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { TraceStore } from './trace-store.ts';

const span: TraceSpan = { application: 0, function: 'f', makes: ['out'], run: 0, startedUs: 10, queueUs: 1, fetchUs: 2, sandboxUs: 3, computeUs: 4, storeUs: 5, cached: false };
const trace = (invocation: string, spans = 1): Trace => ({
  invocation, name: 'f', hash: 'a'.repeat(64), startedAt: '2026-11-22T10:00:00.000Z', durationUs: 1_000, outcome: 'done', problem: null, inputBytes: 1, outputBytes: 2,
  spans: Array.from({ length: spans }, () => span), droppedSpans: 0,
});

describe('traces', () => {
  it('are kept up to a number, and up to a number of spans', () => {
    const store = new TraceStore({ kept: 3, oneIn: 10, clock: new SimulatedClock() });
    for (let i = 0; i < 5; i++) store.add(trace(String(i)));
    expect(['0', '1', '2', '3', '4'].map((id) => store.get(id) !== null)).toEqual([false, false, true, true, true]);
    store.add(trace('many', 199_999));
    expect([store.get('4') !== null, store.get('3') !== null, store.get('many') !== null]).toEqual([true, false, true]);
    store.add(trace('more', 200_000));
    expect([store.size, store.get('more') !== null]).toEqual([1, true]);
  });

  it('are made of the first invocations of each second, then of one in so many', () => {
    const store = new TraceStore({ kept: 3, oneIn: 10, clock: new SimulatedClock() });
    expect(Array.from({ length: 1_000 }, () => store.sample()).filter(Boolean)).toHaveLength(TRACED_PER_SECOND + (1_000 - TRACED_PER_SECOND) / 10);
    const none = new TraceStore({ kept: 0, oneIn: 1, clock: new SimulatedClock() });
    expect(none.sample()).toBe(false);
  });
});

describe('logs', () => {
  const add = (store: LogStore, name: string, text = 'x'): void => store.add(name, { invocation: 'i', stream: 'stdout', bytes: Buffer.from(text), droppedBytes: 0 });

  it('say how many entries a reader has missed', () => {
    const store = new LogStore(new SimulatedClock());
    for (let i = 0; i < 1_010; i++) add(store, 'f', String(i));
    const logs = store.read('f', { after: 5, limit: 2 });
    expect([logs.entries.map(({ text }) => text), logs.next, logs.lost]).toEqual([['10', '11'], 12, 5]);
    expect(store.read('f', { after: 1_010, limit: 2 })).toEqual({ entries: [], next: 1_010, lost: 0 });
    expect(store.read('f', { after: 9_999, limit: 1 }).entries[0]?.text).toBe('10');
    expect(store.read('g', { after: 7, limit: 1 })).toEqual({ entries: [], next: 7, lost: 0 });
  });

  it('are bounded in characters and in functions', () => {
    const store = new LogStore(new SimulatedClock());
    for (let i = 0; i < 20; i++) add(store, 'f', 'y'.repeat(100_000));
    expect(store.read('f', { after: 0, limit: 100 }).entries).toHaveLength(10);
    for (let i = 0; i < MAX_LOGGING_FUNCTIONS; i++) add(store, `g${i}`);
    expect(store.read('f', { after: 0, limit: 100 }).entries).toEqual([]);
    expect(store.read('g0', { after: 0, limit: 100 }).entries).toHaveLength(1);
  });

  it('wake who waits, at an entry, at the end of the time, or when it leaves', async () => {
    const clock = new SimulatedClock();
    const store = new LogStore(clock);
    const leaving = new AbortController();
    const follow = (signal = new AbortController().signal): Promise<unknown> => store.follow('f', { after: 0, limit: 9 }, 1_000, signal);
    const left = follow(leaving.signal);
    leaving.abort();
    expect(await left).toMatchObject({ entries: [] });
    const first = follow();
    add(store, 'f');
    expect(await first).toMatchObject({ entries: [{ text: 'x' }] });
    const late = store.follow('g', { after: 0, limit: 9 }, 1_000, new AbortController().signal);
    await clock.run(late);
    expect([await late, clock.nowMs()]).toEqual([{ entries: [], next: 0, lost: 0 }, 1_000]);
  });
});

describe('metrics', () => {
  it('are text that Prometheus reads', () => {
    const metrics = new Metrics();
    metrics.counter('a_total', 'As', { name: 'x"y\\z\n' }).value = 3;
    metrics.gauge('b', 'Bs', () => 1.5);
    const seconds = metrics.histogram('c_seconds', 'Cs', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
    expect(metrics.text()).toBe(
      ['# HELP a_total As', '# TYPE a_total counter', 'a_total{name="x\\"y\\\\z\\n"} 3', '# HELP b Bs', '# TYPE b gauge', 'b 1.5', '# HELP c_seconds Cs', '# TYPE c_seconds histogram',
        'c_seconds_bucket{le="0.1"} 2', 'c_seconds_bucket{le="1"} 3', 'c_seconds_bucket{le="+Inf"} 4', 'c_seconds_sum 7.65', 'c_seconds_count 4', ''].join('\n'),
    );
  });
});

describe('the export to a collector', () => {
  it('sends batches of spans as OTLP, and counts what it could not send', async () => {
    const bodies: { readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[] }[] }[] = [];
    let status = 200;
    const collector = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        expect([request.url, request.headers['x-key']]).toEqual(['/v1/traces', 'k']);
        bodies.push(JSON.parse(text));
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => void collector.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;
    const exporter = new OtlpExporter({ config: { endpoint, headers: { 'x-key': 'k' }, serviceName: 'test' }, clock: systemClock, logger: silentLogger });
    for (let i = 0; i < 130; i++) exporter.add(trace(String(i)));
    await exporter.stop();
    expect([exporter.exported, bodies.map(({ resourceSpans }) => resourceSpans[0]?.scopeSpans[0]?.spans.length)]).toEqual([130, [256, 4]]);
    const [root, run] = bodies[0]?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(root).toMatchObject({ name: 'f', kind: 2, startTimeUnixNano: '1795341600000000000', endTimeUnixNano: '1795341600001000000', status: { code: 1 } });
    expect(run).toMatchObject({ traceId: root?.['traceId'], parentSpanId: root?.['spanId'], startTimeUnixNano: '1795341600000010000', endTimeUnixNano: '1795341600000025000' });
    expect([root?.['traceId'], run?.['spanId']].map((id) => String(id).length)).toEqual([32, 16]);
    status = 503;
    exporter.add(trace('refused'));
    await exporter.stop();
    expect(exporter.dropped).toBe(1);
    await new Promise((resolve) => void collector.close(resolve));
  });
});
