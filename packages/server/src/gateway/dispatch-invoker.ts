/** Invocations as the dispatcher runs them: plans by version, and its outcomes in the words of the API. */
import type { FunctionFailure, TraceSpan } from '@pappus/api';
import { AppError, type ErrorCode } from '@pappus/core';
import { flowsIn, planFunction, planGraph, type Callee, type Dispatcher, type InvocationFailure, type IoTable, type Plan, type PlatformFailure, type Registry, type Version, type TraceSpan as DispatchSpan } from '@pappus/platform';
import { StatusError } from '../http/problem-of.ts';
import { MAX_KEPT_PLANS } from '../limits.ts';
import { describeFailure } from './failure-of.ts';
import type { InvocationOrder, InvocationOutcome, Invoker } from './invoker.ts';

export interface DispatchInvokerOptions {
  readonly dispatcher: Dispatcher;
  readonly registry: Registry;
  readonly io: IoTable;
}

export class DispatchInvoker implements Invoker {
  readonly #dispatcher: Dispatcher;
  readonly #registry: Registry;
  readonly #io: IoTable;
  /** Of functions for good, of compositions until something in the registry changes: they follow names. */
  readonly #functions = new WeakMap<Version, Plan>();
  readonly #compositions = new Map<Version, Plan>();
  #revision = -1;

  constructor({ dispatcher, registry, io }: DispatchInvokerOptions) {
    this.#dispatcher = dispatcher;
    this.#registry = registry;
    this.#io = io;
  }

  streams(version: Version): boolean {
    return version.kind === 'composition' && flowsIn(this.#planOf(version));
  }

  async invoke({ invocation, version, inputs, stdio, signal, traced, source, sink }: InvocationOrder): Promise<InvocationOutcome> {
    const plan = this.#planOf(version);
    const outcome = await this.#dispatcher.invoke({ id: invocation, plan, inputs, stdio, signal, traced, source, sink });
    const { result, trace, logs } = outcome;
    const ended = {
      spans: trace?.spans.map((span) => traceSpan(plan, span)) ?? [],
      droppedSpans: trace?.dropped ?? 0,
      logs: logs.map(({ function: name, log }) => ({ function: name, ...log })),
    };
    if (result.kind === 'done') return { kind: 'done', ...ended, outputs: result.outputs };
    const { reason } = result.failure;
    if (isPlatformFailure(reason)) return { kind: 'given-up', ...ended, reason: signal.aborted ? withUnderWay(signal.reason, reason) : platformError(reason, result.failure.function) };
    return { kind: 'failed', ...ended, failure: functionFailure(plan, result.failure, reason) };
  }

  #planOf(version: Version): Plan {
    if (version.kind === 'function') {
      const known = this.#functions.get(version);
      if (known !== undefined) return known;
      const plan = planFunction(version.name, version.hash, version.spec);
      this.#functions.set(version, plan);
      return plan;
    }
    if (this.#revision !== this.#registry.revision || this.#compositions.size > MAX_KEPT_PLANS) this.#compositions.clear();
    this.#revision = this.#registry.revision;
    const known = this.#compositions.get(version);
    if (known !== undefined) return known;
    const plan = planGraph(version.graph, (callee) => this.#resolve(callee));
    this.#compositions.set(version, plan);
    return plan;
  }

  #resolve(name: string): Callee {
    const io = this.#io.get(name);
    if (io !== null) return { kind: 'io', name, io };
    const version = this.#registry.resolve(name);
    if (version.kind === 'composition') return { kind: 'composition', name, plan: this.#planOf(version) };
    return { kind: 'compute', name, hash: version.hash, spec: version.spec };
  }
}

function traceSpan(plan: Plan, { path, application, function: name, kind, run, startedUs, queueUs, fetchUs, sandboxUs, computeUs, storeUs }: DispatchSpan): TraceSpan {
  const inner = path.slice(1);
  return { application, function: [...inner, name].join('/'), makes: setsMade(plan, inner, application), run, startedUs, queueUs, fetchUs, sandboxUs, computeUs, storeUs, cached: kind === 'kept' };
}

/** Names of the sets that an application makes, in the composition that `path` leads to. */
function setsMade(plan: Plan, path: readonly string[], application: number): readonly string[] {
  const [next, ...rest] = path;
  if (next === undefined) return (plan.applications[application]?.outputs ?? []).flatMap((set) => (set === null ? [] : [plan.graph.sets[set] ?? '']));
  for (const { callee } of plan.applications) if (callee.kind === 'composition' && callee.plan.name === next) return setsMade(callee.plan, rest, application);
  return [];
}

type Reason = InvocationFailure['reason'];

const PLATFORM_CODES: Readonly<Record<PlatformFailure['kind'], ErrorCode>> = {
  'live-bytes': 'resource-exhausted',
  'set-items': 'resource-exhausted',
  runs: 'resource-exhausted',
  nesting: 'resource-exhausted',
  deadline: 'deadline-exceeded',
  cancelled: 'cancelled',
  unavailable: 'unavailable',
  overloaded: 'resource-exhausted',
  gone: 'not-found',
  internal: 'internal',
};

const isPlatformFailure = (reason: Reason): reason is PlatformFailure => reason.kind in PLATFORM_CODES;

/** A deadline says what it was waited for. */
function withUnderWay(given: unknown, { underWay }: PlatformFailure): unknown {
  if (!(given instanceof AppError) || given.code !== 'deadline-exceeded' || underWay === undefined) return given;
  const shown = underWay.slice(0, MAX_NAMED_UNDER_WAY).join(', ') + (underWay.length > MAX_NAMED_UNDER_WAY ? ' and more' : '');
  return new AppError(given.code, `${given.message}: ${underWay.length === 0 ? 'it waited for its turn' : `under way: ${shown}`}`, given.hint === null ? {} : { hint: given.hint });
}

const MAX_NAMED_UNDER_WAY = 5;

/** A limit of the platform that an invocation ran into is no fault of the request's length. */
function platformError({ kind, message }: PlatformFailure, name: string | null): Error {
  if (kind === 'gone') return new AppError('not-found', `${name ?? 'a function'} was removed while it was wanted`, { hint: 'Deploy it again.' });
  const passes = kind === 'unavailable' || kind === 'overloaded';
  const error = new AppError(PLATFORM_CODES[kind], message, { retryable: passes });
  return error.code === 'resource-exhausted' && !passes ? new StatusError(LIMIT_STATUS, error) : error;
}

const LIMIT_STATUS = 500;

function functionFailure(plan: Plan, { function: name, path, application, items }: InvocationFailure, reason: Exclude<Reason, PlatformFailure>): FunctionFailure {
  const place = { function: name ?? '', application: plan.alone || application === null ? null : `${path.join('/')}: ${name} → ${setsMade(plan, path.slice(1), application).join(', ')}`, items };
  if (reason.kind !== 'io') return describeFailure(reason, place);
  const about = reason.item === null ? '' : `${reason.item}: `;
  return { ...place, kind: 'io', message: `${about}${reason.message}`, trap: null, functionName: null, offset: null, exitCode: null, stack: null, limit: null };
}
