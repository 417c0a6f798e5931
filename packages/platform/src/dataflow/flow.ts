/** The two ends of an invocation that a client feeds and empties while it runs, and how each end is told to wait. */
import type { Item } from '../sets/item.ts';
import { MAX_FLOWING_BYTES, MAX_QUEUED_BYTES, MAX_UNSENT_BYTES } from './limits.ts';

/** Where items go in. After the end of the invocation, nothing that is put in does anything. */
export interface Inlet {
  /** `set` is the number of an input. */
  add(set: number, items: readonly Item[]): void;
  /** No more items will come, of any set. */
  end(): void;
}

/** Brings the items of all inputs, one after the other. What goes wrong there ends the invocation by its signal. */
export interface InputSource {
  /** Called once, when the invocation has begun. */
  begin(inlet: Inlet): void;
  /** There are enough items for a while. A source that goes on nevertheless costs memory, nothing else. */
  pause(): void;
  resume(): void;
  /** So many bytes of its items are not needed any more. */
  letGo(bytes: number): void;
}

export interface OutputSink {
  /** Items of an output that are final, in their order; each comes once. `sent` is to be called when they need no memory any more. */
  take(output: number, items: readonly Item[], sent: () => void): void;
}

export interface FlowLimits {
  /** With more bytes in it that go on by themselves, an invocation asks its source to pause. It goes on below half of that. */
  readonly queuedBytes: number;
  /** With more bytes between functions, or waiting for their turn among the outputs, nothing is begun that would make more of them. */
  readonly flowingBytes: number;
  /** With more bytes waiting for the client, nothing is begun at all. */
  readonly unsentBytes: number;
}

export const DEFAULT_FLOW: FlowLimits = { queuedBytes: MAX_QUEUED_BYTES, flowingBytes: MAX_FLOWING_BYTES, unsentBytes: MAX_UNSENT_BYTES };
