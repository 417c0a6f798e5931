/** The host's view of a guest's memory during a run. The guest may grow it at any call, which detaches the view. */
import type { WasmMemory } from '../module/web-assembly.ts';
import type { GuestInstance } from './guest-instance.ts';
import type { WrittenBlocks } from './written-blocks.ts';

const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

export class GuestMemory {
  #written: WrittenBlocks | null = null;
  #memory: WasmMemory | null = null;
  #bytes: Buffer = NO_BYTES;
  #view: DataView = NO_VIEW;

  attach({ memory, buffer, view, written }: Omit<GuestInstance, 'module' | 'enter'>): void {
    this.#written = written;
    this.#memory = memory;
    this.#bytes = buffer;
    this.#view = view;
  }

  /** After each run: a memory is not kept alive by those who have used it. */
  detach(): void {
    this.#memory = null;
    this.#bytes = NO_BYTES;
    this.#view = NO_VIEW;
  }

  get bytes(): Buffer {
    if (this.#bytes.length === 0) this.#renew();
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#bytes.length === 0) this.#renew();
    return this.#view;
  }

  /** Whether the guest's range lies in its memory; both numbers unsigned. */
  holds(at: number, length: number): boolean {
    return at + length <= this.bytes.length;
  }

  /** The same, before the host writes there: nothing is written to a guest without it. */
  takes(at: number, length: number): boolean {
    if (!this.holds(at, length)) return false;
    this.#written?.mark(at, length);
    return true;
  }

  /** Bytes of the guest as the caller's own. The range must be held. */
  copyOut(at: number, length: number): Uint8Array {
    const copy = Buffer.allocUnsafe(length);
    const { bytes } = this;
    if (length <= LOOP_BYTES) for (let i = 0; i < length; i++) copy[i] = bytes[at + i] as number;
    else bytes.copy(copy, 0, at, at + length);
    return copy;
  }

  #renew(): void {
    const buffer = this.#memory?.buffer ?? new ArrayBuffer(0);
    this.#bytes = Buffer.from(buffer);
    this.#view = new DataView(buffer);
  }
}

/** Up to here a loop is faster than a call. */
const LOOP_BYTES = 48;
