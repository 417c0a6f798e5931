/**
 * `POST /v1/invoke/NAME`: the path that has to be fast. One invocation from its first header to the end of its answer:
 * who asks, what runs, the body as sets, the run, the answer; and what is kept of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Signature } from '@pappus/api';
import { AppError, Cancellation, cancelled, toAppError, type Clock, type Logger, type Random } from '@pappus/core';
import { LiveSet, PIECED_FROM_BYTES, signatureOf, type Registry, type Version } from '@pappus/platform';
import type { Caller, TokenTable } from '../access/token-table.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { bodyForm, outputForm } from '../formats/media-type.ts';
import { inputSets, STDIO, unknownSet, type Inputs } from '../formats/request-sets.ts';
import { Arrival } from '../http/arrival.ts';
import { announcedBytes, readBody, type BodyLimits, type ReceivedBody } from '../http/body.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { problemOf, StatusError } from '../http/problem-of.ts';
import { cutOff, sendProblem } from '../http/send.ts';
import { StreamedBody } from '../http/streamed-body.ts';
import { STREAM_ABOVE_BYTES } from '../limits.ts';
import { Answer } from './answer.ts';
import { BodySource } from './body-source.ts';
import { failureProblem } from './function-problem.ts';
import { InvocationIds } from './invocation-ids.ts';
import type { InvocationRecorder } from './invocation-recorder.ts';
import { parseTarget, rawItemOf, timeoutOf, wantsTrace, type InvokeTarget } from './invoke-target.ts';
import type { InvocationOutcome, Invoker } from './invoker.ts';
import { serverTiming } from './server-timing.ts';

export interface InvocationsOptions {
  readonly config: Pick<ServerConfig, 'http' | 'invocations'>;
  readonly registry: Registry;
  readonly invoker: Invoker;
  readonly tokens: TokenTable;
  readonly bodies: BodyMemory;
  /** Bytes of answers that have not left. */
  readonly answers: BodyMemory;
  readonly recorder: InvocationRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is known of an invocation while it goes on; filled in step by step. */
interface Going {
  slot: number;
  readonly id: string;
  readonly startedMs: number;
  readonly cancellation: Cancellation;
  /** When it is given up. */
  deadlineMs: number;
  timeoutMs: number;
  version: Version | null;
  caller: Caller | null;
  /** Of the body, as far as they were known and charged before it came. */
  chargedBytes: number;
  /** How the body comes, if there is one. */
  arrival: Arrival | null;
  body: ReceivedBody | null;
  /** Where the body goes in item by item. */
  source: BodySource | null;
  answer: Answer | null;
  /** How it ran, whatever then becomes of its answer. */
  outcome: InvocationOutcome | null;
  traced: boolean;
}

/** Seconds after which a full server is asked again. */
const RETRY_AFTER_SECONDS = 1;

/** How often deadlines are looked at. */
const DEADLINE_INTERVAL_MS = 20;

export class Invocations {
  readonly #options: InvocationsOptions;
  readonly #ids: InvocationIds;
  readonly #running = new LiveSet<Going>();
  #idle: (() => void) | null = null;
  #stopping = false;
  #watching = false;

  constructor(options: InvocationsOptions) {
    this.#options = options;
    this.#ids = new InvocationIds(options.random);
  }

  get running(): number {
    return this.#running.size;
  }

  /** Never rejects: whatever happens is told to the client. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, recorder } = this.#options;
    const going: Going = { slot: -1, id: this.#ids.next(), startedMs: clock.nowMs(), cancellation: new Cancellation(), deadlineMs: Infinity, timeoutMs: 0, version: null, caller: null, chargedBytes: 0, arrival: null, body: null, source: null, answer: null, outcome: null, traced: false };
    this.#running.add(going);
    if (!this.#watching) this.#watch();
    response.once('close', () => {
      if (!response.writableFinished) going.cancellation.abort(cancelled('the invocation: the client left'));
    });
    try {
      const outcome = await this.#run(going, request, response);
      if (outcome !== null) recorder.ended(this.#summary(going, request), outcome, null);
    } catch (thrown) {
      await this.#fail(going, request, response, thrown);
    } finally {
      this.#end(going);
    }
  }

  /** Takes no more; resolves when none is running. After `graceMs` they are ended. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    const timer = this.#options.clock.schedule(graceMs, () => {
      for (const { cancellation } of this.#running.toArray()) cancellation.abort(stopping());
    });
    if (this.#running.size > 0) await new Promise<void>((resolve) => void (this.#idle = resolve));
    timer.cancel();
  }

  async #run(going: Going, request: IncomingMessage, response: ServerResponse): Promise<InvocationOutcome | null> {
    const { config, registry, invoker, tokens, clock, recorder } = this.#options;
    const { headers } = request;
    if (this.#stopping) throw stopping();
    const caller = tokens.caller(headers);
    const target = parseTarget(request.url ?? '');
    const version = registry.resolve(target.reference);
    going.version = version;
    const form = outputForm(headers.accept);
    going.timeoutMs = timeoutOf(target, headers, config.invocations);
    going.deadlineMs = going.startedMs + going.timeoutMs;
    const announced = announcedBytes(request, config.http.maxBodyBytes);
    going.chargedBytes = announced ?? 0;
    caller?.begin(going.chargedBytes);
    going.caller = caller;
    if (headers.expect !== undefined && announced !== 0) response.writeContinue();
    const signature = signatureOf(version);
    if (announced === null || announced > STREAM_ABOVE_BYTES) going.source = this.#sourceOf(going, request, target, version);
    const inputs = going.source === null ? await this.#inputs(going, request, target, signature) : NO_INPUTS;
    going.traced = wantsTrace(headers) || recorder.sample();
    const answer = new Answer({
      response, invocation: going.id, version, outputs: signature.outputs, form, clock, random: this.#options.random, signal: going.cancellation, memory: this.#options.answers,
      refuse: (reason) => going.cancellation.abort(reason),
    });
    going.answer = answer;
    const sink = Answer.streams(form, version) ? answer : null;
    const outcome = await invoker.invoke({ invocation: going.id, version, inputs: inputs.sets, stdio: inputs.stdio, signal: going.cancellation, traced: going.traced, source: going.source, sink });
    going.outcome = outcome;
    if (outcome.kind === 'given-up') throw outcome.reason;
    if (outcome.kind === 'failed') return await this.#failed(going, request, response, outcome);
    await answer.finish(outcome.outputs, going.traced ? serverTiming(outcome.spans, clock.nowMs() - going.startedMs) : null);
    return outcome;
  }

  /** The whole body. */
  async #inputs(going: Going, request: IncomingMessage, target: InvokeTarget, signature: Signature): Promise<Inputs> {
    const { headers } = request;
    const inPieces = going.chargedBytes >= PIECED_FROM_BYTES && bodyForm(headers['content-type']) === 'raw';
    const body = await readBody(request, this.#arriving(going), going.cancellation, inPieces);
    going.body = body;
    const inputs = inputSets({ pieces: body.pieces, contentType: headers['content-type'], raw: rawItemOf(target, headers) }, signature, target.reference);
    // A composition has no arguments and no stdin: each of its functions has its own.
    if (inputs.stdio !== null && going.version?.kind === 'composition') throw unknownSet(STDIO, signature.inputs, target.reference);
    return inputs;
  }

  /** A long body as it arrives, where that is of any use; else null. */
  #sourceOf(going: Going, request: IncomingMessage, { reference }: InvokeTarget, version: Version): BodySource | null {
    const { invoker, clock } = this.#options;
    const contentType = request.headers['content-type'] ?? '';
    const form = bodyForm(contentType);
    if (form === 'raw' || !invoker.streams(version)) return null;
    return new BodySource({
      body: new StreamedBody(request, this.#arriving(going)),
      form, contentType, inputs: signatureOf(version).inputs, callee: reference, clock,
      answered: () => ({ progress: going.answer?.progress ?? 0, isBehind: going.answer?.isBehind ?? false }),
      fail: (reason) => going.cancellation.abort(reason),
    });
  }

  #arriving(going: Going): BodyLimits {
    const { config, bodies } = this.#options;
    going.arrival = new Arrival();
    return { maxBytes: config.http.maxBodyBytes, memory: bodies, arrival: going.arrival };
  }

  /** Looks for invocations whose time is over, or whose body does not come: one timer for all of them. */
  #watch(): void {
    const { clock, config } = this.#options;
    this.#watching = true;
    clock.schedule(
      DEADLINE_INTERVAL_MS,
      () => {
        this.#watching = false;
        const now = clock.nowMs();
        for (const { cancellation, id, deadlineMs, timeoutMs, arrival } of this.#running.toArray()) {
          const problem = deadlineMs <= now ? tooLate(id, timeoutMs) : (arrival?.problem(now, config.http.bodyStallMs) ?? null);
          if (problem !== null) cancellation.abort(problem);
        }
        if (this.#running.size > 0) this.#watch();
      },
      { background: true },
    );
  }

  /** A function of it failed: told to the client, and recorded with what is known of it. */
  async #failed(going: Going, request: IncomingMessage, response: ServerResponse, outcome: InvocationOutcome & { readonly kind: 'failed' }): Promise<null> {
    const { recorder, clock } = this.#options;
    const problem = failureProblem(outcome.failure, going.id);
    if (going.answer === null || !(await going.answer.fail(problem))) sendProblem(response, problem, problem.retryable ? RETRY_AFTER_SECONDS : null, clock);
    recorder.ended(this.#summary(going, request), outcome, problem);
    return null;
  }

  async #fail(going: Going, request: IncomingMessage, response: ServerResponse, thrown: unknown): Promise<void> {
    const { clock, recorder, logger } = this.#options;
    // A refusal of the answer reached the dispatcher as the reason of the signal.
    const problem = problemOf(thrown, going.id);
    if (problem.code === 'internal') logger.log('error', 'an invocation met a defect', { invocation: going.id, error: String(thrown instanceof Error ? thrown.stack : thrown) });
    const retryAfter = thrown instanceof StatusError ? thrown.retryAfter : problem.retryable ? RETRY_AFTER_SECONDS : null;
    const told = going.answer !== null && (await going.answer.fail(problem));
    const isBegun = response.headersSent;
    if (!told) sendProblem(response, problem, retryAfter, clock);
    recorder.ended(this.#summary(going, request), going.outcome, problem);
    if (!told && isBegun && !response.writableFinished) cutOff(response, toAppError(thrown));
  }

  #summary({ id, version, startedMs, body, source, answer, caller, traced }: Going, request: IncomingMessage): Summary {
    return {
      invocation: id,
      version,
      ms: this.#options.clock.nowMs() - startedMs,
      inputBytes: source?.received ?? body?.length ?? 0,
      outputBytes: answer?.bytes ?? 0,
      caller: caller?.name ?? null,
      traced,
      path: request.url ?? '',
    };
  }

  #end(going: Going): void {
    const { bodies } = this.#options;
    this.#running.delete(going);
    const { caller, chargedBytes, body, source, answer } = going;
    if (body !== null) bodies.release(body.taken);
    source?.close();
    answer?.close();
    caller?.end((answer?.bytes ?? 0) + Math.max(0, (source?.received ?? body?.length ?? 0) - chargedBytes));
    if (this.#running.size === 0) this.#idle?.();
  }
}

const NO_INPUTS: Inputs = { sets: [], stdio: null };

const tooLate = (id: string, timeoutMs: number): AppError =>
  new AppError('deadline-exceeded', `the invocation ${id} was not done after ${timeoutMs} ms`, { hint: 'Give it more time with ?timeout= or the header Pappus-Deadline.' });

const stopping = (): AppError => new AppError('unavailable', 'the server is stopping', { retryable: true });

/** An invocation that has ended, for records. */
export interface Summary {
  readonly invocation: string;
  /** Null where it is not known what should have run. */
  readonly version: Version | null;
  readonly ms: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly caller: string | null;
  readonly traced: boolean;
  readonly path: string;
}
