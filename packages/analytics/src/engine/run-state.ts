/** The state of one run on the engine thread: what callbacks inside DuckDB's calls share with the runner. */
import { cancelled, toAppError, type AppError } from '@pappus/core';
import type { Frame } from '../exchange/transport.ts';
import type { EngineInbox, ToEngine } from './channel.ts';
import { engineLimits } from './limits.ts';
import { EdgeCounter, type Stopwatch } from './stats.ts';

export type Section = 'compute' | 'encode' | 'decode' | 'waitInput' | 'waitOutput';

interface InputQueue {
  readonly frames: Frame[];
  ended: boolean;
}

export class RunState {
  readonly run: number;
  readonly inputs: EdgeCounter;
  readonly outputs: EdgeCounter;
  readonly stopwatch: Stopwatch<Section>;
  readonly #inbox: EngineInbox;
  readonly #queues = new Map<number, InputQueue>();
  #failure: AppError | null = null;

  constructor(run: number, inbox: EngineInbox, stopwatch: Stopwatch<Section>, inputs: readonly number[], outputs: readonly number[]) {
    this.run = run;
    this.#inbox = inbox;
    this.stopwatch = stopwatch;
    this.inputs = new EdgeCounter(inputs);
    this.outputs = new EdgeCounter(outputs);
    for (const edge of inputs) this.#queues.set(edge, { frames: [], ended: false });
  }

  /** The first failure in a callback; DuckDB's own error then only repeats it. */
  get failure(): AppError | null {
    return this.#failure;
  }

  /** Runs the body of a callback, which must not throw: gives the error's message to `report` instead. */
  guard(report: (message: string) => void, work: () => void): void {
    try {
      if (this.#failure === null) return work();
    } catch (thrown) {
      this.#failure = toAppError(thrown);
    }
    report(this.#failure.message);
  }

  /** The next frame of an input edge, or null at its end; sleeps until there is one. */
  nextFrame(edge: number): Frame | null {
    const queue = this.#queues.get(edge);
    if (queue === undefined) return null;
    const frame = this.stopwatch.in('waitInput', () => this.#inbox.waitFor(() => this.#look(() => queue.frames.shift() ?? (queue.ended ? 'end' : null))));
    if (frame === 'end') return null;
    this.#inbox.post({ kind: 'taken', run: this.run, edge, bytes: frame.byteLength });
    return frame;
  }

  /** Hands a frame to the transport; sleeps while there is no room. `copies`: how many consumers get it. */
  emit(edge: number, consumer: number | null, frame: Frame, rows: number, copies: number): void {
    const bytes = frame.byteLength * copies;
    const hasRoom = (): true | null => {
      const waiting = this.#inbox.outputBytes;
      return waiting === 0 || waiting + bytes <= engineLimits.outputWindowBytes ? true : null;
    };
    this.stopwatch.in('waitOutput', () => this.#inbox.waitFor(() => this.#look(hasRoom)));
    this.#inbox.addOutputBytes(bytes);
    this.outputs.add(edge, rows * copies, bytes, copies);
    this.#inbox.post({ kind: 'frame', run: this.run, edge, consumer, frame }, [frame.buffer]);
  }

  checkCancelled(): void {
    if (this.#inbox.isCancelled(this.run)) throw cancelled('the fragment');
  }

  /** Takes all messages that arrived, then asks `ready`. */
  #look<T>(ready: () => T | null): T | null {
    this.checkCancelled();
    for (let message = this.#inbox.poll(); message !== null; message = this.#inbox.poll()) this.#take(message);
    return ready();
  }

  #take(message: ToEngine): void {
    switch (message.kind) {
      case 'frame':
        this.#queues.get(message.edge)?.frames.push(message.frame);
        return;
      case 'end': {
        const queue = this.#queues.get(message.edge);
        if (queue !== undefined) queue.ended = true;
        return;
      }
      case 'run':
      case 'query':
        // Only sent when no run is going on.
        return;
    }
  }
}
