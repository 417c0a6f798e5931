/**
 * Runs of the HTTP function. All requests of a run are read and checked before the first is sent. One that is malformed,
 * or whose destination is not allowed, fails the run; a request that fails on its way is a response with status 599
 * (http-failure.ts).
 */
import type { Item, Sets } from '../../sets/item.ts';
import { concurrentMap } from '../concurrent-map.ts';
import { failed, failureOf, ioFailure, type IoContext, type IoFailure, type IoOutcome } from '../io-function.ts';
import { FIRST_RESPONSE_BYTES, MAX_ITEMS_AT_ONCE } from '../limits.ts';
import type { Destinations } from './destinations.ts';
import { HttpClient } from './http-client.ts';
import { HttpConversations, type Conversation } from './http-conversation.ts';
import { failureItem, overloaded, type HttpFailure } from './http-failure.ts';
import { parseRequest } from './http-request.ts';
import type { HttpSettings } from './http-settings.ts';
import { outgoingRequest } from './outgoing-request.ts';
import { byteBudget, type ByteBudget } from '../byte-budget.ts';

const FORM_HINT = 'a request item is METHOD URL HTTP/1.1, then lines of Header: value, an empty line, and the body';

/** A destination that turned out to be refused when its name was resolved. */
class RefusedRun extends Error {
  readonly failure: HttpFailure;
  readonly item: string;
  constructor(failure: HttpFailure, item: string) {
    super(failure.message);
    this.failure = failure;
    this.item = item;
  }
}

export class HttpRuns {
  readonly #destinations: Destinations;
  readonly #client: HttpClient;
  readonly #budget: ByteBudget;
  readonly #conversations: HttpConversations;

  constructor(settings: HttpSettings, destinations: Destinations) {
    this.#destinations = destinations;
    this.#budget = byteBudget(Math.max(settings.bufferedBytes, FIRST_RESPONSE_BYTES));
    this.#client = new HttpClient(settings, this.#budget);
    this.#conversations = new HttpConversations(this.#client, destinations, settings);
  }

  async run(inputs: Sets, context: IoContext): Promise<IoOutcome> {
    context.signal.throwIfAborted();
    const items = inputs[0]?.items ?? [];
    const prepared = prepare(items, this.#destinations);
    if ('kind' in prepared) return failed(prepared);
    let heldBytes = 0;
    try {
      const answers = await concurrentMap(items, MAX_ITEMS_AT_ONCE, context.signal, async (item, index, signal) => {
        const { data, isHeld } = await this.#answer(item, prepared[index] as Conversation, context, signal);
        if (isHeld) heldBytes += data.length;
        return { name: item.name, key: item.key, data };
      });
      return { kind: 'done', outputs: [{ name: 'responses', items: answers }] };
    } catch (thrown) {
      return endOf(thrown, context.signal);
    } finally {
      this.#budget.give(heldBytes);
    }
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  /** The response item; `isHeld`: its bytes are taken from the budget until the run has ended. */
  async #answer({ name }: Item, conversation: Conversation, context: IoContext, signal: AbortSignal): Promise<{ readonly data: Uint8Array; readonly isHeld: boolean }> {
    const received = await this.#conversations.hold(conversation, context.lane, signal);
    if (received.kind === 'response' && this.#budget.take(received.item.length)) return { data: received.item, isHeld: true };
    const failure = received.kind === 'response' ? overloaded(conversation.request.url.host) : received;
    context.logger.log('debug', 'an HTTP request failed', { invocation: context.invocation, item: name, code: failure.code, reason: failure.message });
    if (failure.code === 'destination-refused') throw new RefusedRun(failure, name);
    return { data: failureItem(failure), isHeld: false };
  }
}

/** Every request of the run, or why the first wrong one is wrong. */
function prepare(items: readonly Item[], destinations: Destinations): readonly Conversation[] | IoFailure {
  const conversations: Conversation[] = [];
  for (const { name, data } of items) {
    const parsed = parseRequest(data);
    const checked = parsed.kind === 'malformed' ? parsed : outgoingRequest(parsed.request);
    if (checked.kind === 'malformed') return ioFailure('invalid-argument', name, `the HTTP request ${checked.problem}`, FORM_HINT);
    const verdict = destinations.check(checked.request.url);
    if (verdict.kind === 'refused') return ioFailure('permission-denied', name, verdict.message, verdict.hint);
    conversations.push({ request: checked.request, trust: verdict.trust });
  }
  return conversations;
}

function endOf(thrown: unknown, signal: AbortSignal): IoOutcome {
  if (thrown instanceof RefusedRun) return failed(ioFailure('permission-denied', thrown.item, thrown.failure.message, thrown.failure.hint));
  if (signal.aborted) throw signal.reason;
  return failed(failureOf(thrown, null));
}
