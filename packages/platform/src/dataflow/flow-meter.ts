/**
 * The bytes that move through one invocation, by what moves them on. Only those are counted here that go on without
 * anything new being begun: items that wait for a reader that takes them one by one, for their turn among the outputs, or
 * for the client. Sets that somebody needs as a whole are not: to wait for them to shrink would be to wait for ever.
 */
import type { FlowLimits, InputSource } from './flow.ts';
import type { Part } from './set-state.ts';

export class FlowMeter {
  readonly #limits: FlowLimits;
  readonly #source: InputSource | null;
  /** Of the client's items. */
  #queued = 0;
  /** Of items that functions have made. */
  #flowing = 0;
  #unsent = 0;
  #paused = false;

  constructor(limits: FlowLimits, source: InputSource | null) {
    this.#limits = limits;
    this.#source = source;
  }

  /** The client reads more slowly than outputs are made. */
  get isUnsent(): boolean {
    return this.#unsent > this.#limits.unsentBytes;
  }

  get isFull(): boolean {
    return this.#flowing > this.#limits.flowingBytes;
  }

  enter({ bytes, sent }: Part): void {
    if (bytes === 0) return;
    if (sent) this.#queued += bytes;
    else this.#flowing += bytes;
    this.#steer();
  }

  leave({ bytes, sent }: Part): void {
    if (bytes === 0) return;
    if (sent) this.#queued -= bytes;
    else this.#flowing -= bytes;
    this.#steer();
  }

  handOver(bytes: number): void {
    this.#unsent += bytes;
    this.#steer();
  }

  handedOver(bytes: number): void {
    this.#unsent -= bytes;
    this.#steer();
  }

  #steer(): void {
    if (this.#source === null) return;
    const bytes = this.#queued + this.#flowing + this.#unsent;
    const { queuedBytes } = this.#limits;
    if (!this.#paused && bytes > queuedBytes) {
      this.#paused = true;
      this.#source.pause();
    } else if (this.#paused && bytes * 2 <= queuedBytes) {
      this.#paused = false;
      this.#source.resume();
    }
  }
}
