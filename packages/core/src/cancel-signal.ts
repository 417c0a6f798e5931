/**
 * Cancellation for what begins and ends tens of thousands of times a second: an AbortController with its signal and a
 * listener or two costs as much as a small invocation does without. Who only listens takes a `CancelSignal`, which every
 * AbortSignal is; who owns what can be cancelled has a `Cancellation`, and makes an AbortSignal of it for those few that
 * need one, such as clients of the network.
 */

/** The part of an AbortSignal that most of the house uses. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Controller and signal in one object. Listeners are told once, in the order in which they came. */
export class Cancellation implements CancelSignal {
  #aborted = false;
  #reason: unknown = undefined;
  /** The usual case is one. */
  #first: (() => void) | null = null;
  #others: (() => void)[] | null = null;
  #controller: AbortController | null = null;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The same as an AbortSignal; made at the first call. */
  get abortSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Only the first call counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const [first, others] = [this.#first, this.#others];
    this.#first = null;
    this.#others = null;
    first?.();
    for (const listener of others ?? []) listener();
    this.#controller?.abort(reason);
  }

  /** As with an AbortSignal, a listener that comes after the end is not told. */
  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#aborted) return;
    if (this.#first === null && this.#others === null) this.#first = listener;
    else (this.#others ??= []).push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    if (this.#first === listener) {
      this.#first = null;
      return;
    }
    const at = this.#others?.indexOf(listener) ?? -1;
    if (at >= 0) this.#others?.splice(at, 1);
    if (this.#others?.length === 0) this.#others = null;
  }
}
