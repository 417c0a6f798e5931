/**
 * The gateway's view of the file that it shares with a thread. Every task that has or makes many bytes gets a slot of it:
 * its inputs lie there, and the thread may put the outputs of the same task in their place, when it has read them. A slot
 * is free again when its task is answered. The lowest free place is taken, whose memory is the warmest.
 *
 *   ┌ slot of task 7 ──────┐┌ slot of task 9 ┐                ┌ slot of task 8 ────┐
 *   └──────────────────────┘└────────────────┘ free           └────────────────────┘ free …   SHARED_BYTES
 *
 * The thread may write anything anywhere in the file at any time: what is taken out is copied once, and never as much as
 * the thread says but as much as fits into the slot.
 */
import { KEPT_SHARED_BYTES, SHARED_BYTES } from './limits.ts';
import { brokenProtocol } from './protocol.ts';
import type { SharedFile } from './shared-file.ts';

export interface Slot {
  readonly task: number;
  readonly at: number;
  readonly bytes: number;
}

const PAGE_BYTES = 4_096;

export class SharedSlots {
  readonly #file: SharedFile;
  /** By their place. */
  readonly #slots: Slot[] = [];
  /** Bytes of the file that were used since it was shrunk. */
  #reached = 0;

  constructor(file: SharedFile) {
    this.#file = file;
  }

  /** For the task, with its first bytes; null where there is no room. `parts` may be empty. */
  put(task: number, bytes: number, parts: readonly Uint8Array[]): Slot | null {
    const slot = this.#take(task, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
    if (slot === null || parts.length === 0 || this.#file.write(slot.at, parts)) return slot;
    this.release(task);
    return null;
  }

  /** What the thread has put into the slot of a task. */
  read(task: number, bytes: number): Buffer {
    const slot = this.#slots.find((each) => each.task === task);
    if (slot === undefined || bytes > slot.bytes) throw brokenProtocol(`${bytes} bytes in a slot of ${slot?.bytes ?? 0}`);
    const target = Buffer.allocUnsafeSlow(bytes);
    if (!this.#file.read(slot.at, target)) throw brokenProtocol('bytes in a slot that were never written');
    return target;
  }

  /** The task is answered; most have no slot. */
  release(task: number): void {
    if (this.#slots.length === 0) return;
    const index = this.#slots.findIndex((each) => each.task === task);
    if (index >= 0) this.#slots.splice(index, 1);
    if (this.#slots.length > 0 || this.#reached <= KEPT_SHARED_BYTES) return;
    this.#file.shrink(KEPT_SHARED_BYTES);
    this.#reached = KEPT_SHARED_BYTES;
  }

  /** The thread is gone. */
  close(): void {
    this.#slots.length = 0;
    this.#file.close();
  }

  #take(task: number, bytes: number): Slot | null {
    let at = 0;
    let index = 0;
    for (; index < this.#slots.length; index++) {
      const next = this.#slots[index] as Slot;
      if (next.at - at >= bytes) break;
      at = next.at + next.bytes;
    }
    if (at + bytes > SHARED_BYTES) return null;
    const slot: Slot = { task, at, bytes };
    this.#slots.splice(index, 0, slot);
    this.#reached = Math.max(this.#reached, at + bytes);
    return slot;
  }
}
