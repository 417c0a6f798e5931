/** A client that sends its items bit by bit, when it is let, and reads its answer as slowly. */
import { randomFraction, type Random } from '@pappus/core';
import type { Item } from '../../sets/item.ts';
import type { InputSource, Inlet, OutputSink } from '../flow.ts';

export class Trickle implements InputSource, OutputSink {
  readonly outputs: Item[][];
  readonly #random: Random;
  /** What is still to be sent, with the number of its set. */
  readonly #left: { readonly set: number; readonly item: Item }[] = [];
  #paused = false;
  #resume: (() => void) | null = null;
  sentBytes = 0;
  needlessBytes = 0;
  pauses = 0;

  constructor(inputs: readonly (readonly Item[])[], outputs: number, random: Random) {
    this.#random = random;
    this.outputs = Array.from({ length: outputs }, () => []);
    const queues = inputs.map((items) => [...items]);
    for (;;) {
      const filled = queues.flatMap((queue, set) => (queue.length === 0 ? [] : [set]));
      const set = filled[this.#below(filled.length)];
      if (set === undefined) break;
      this.#left.push({ set, item: queues[set]?.shift() as Item });
    }
  }

  begin(inlet: Inlet): void {
    void this.#send(inlet);
  }

  pause(): void {
    this.#paused = true;
    this.pauses++;
  }

  resume(): void {
    this.#paused = false;
    this.#resume?.();
  }

  letGo(bytes: number): void {
    this.needlessBytes += bytes;
  }

  take(output: number, items: readonly Item[], sent: () => void): void {
    this.outputs[output]?.push(...items);
    if (this.#below(4) === 0) sent();
    else void this.#ticks().then(sent);
  }

  async #send(inlet: Inlet): Promise<void> {
    for (let next = this.#left.shift(); next !== undefined; next = this.#left.shift()) {
      const { set, item } = next;
      const items = [item];
      while (this.#left[0]?.set === set && this.#below(2) === 0) items.push(this.#left.shift()?.item as Item);
      for (const { data } of items) this.sentBytes += data.length;
      inlet.add(set, items);
      if (this.#below(3) === 0) await this.#ticks();
      if (this.#paused) await new Promise<void>((resolve) => (this.#resume = resolve));
    }
    inlet.end();
  }

  async #ticks(): Promise<void> {
    for (let ticks = this.#below(4); ticks >= 0; ticks--) await new Promise((resolve) => void setImmediate(resolve));
  }

  #below(count: number): number {
    return Math.floor(randomFraction(this.#random) * count);
  }
}
