/** The open streams of a member: bounded, and torn down with the member at their other end, so that no reader waits for the dead. */
import type { Duplex } from 'node:stream';
import { AppError } from '@pappus/core';
import type { MembershipChange } from './group.ts';
import { MAX_STREAMS } from './limits.ts';
import type { Party } from './stream-protocol.ts';

export class StreamTable {
  readonly #peers = new Map<Duplex, Party>();

  /** False when there are too many. */
  add(stream: Duplex, { rank, generation }: Party): boolean {
    if (this.#peers.size >= MAX_STREAMS) return false;
    this.#peers.set(stream, { rank, generation });
    stream.once('close', () => this.#peers.delete(stream));
    return true;
  }

  /** A member that finished may have its last bytes still on the way; one that was lost or failed has nothing to say. */
  onChange(change: MembershipChange): void {
    if (change.kind !== 'left' || change.reason === 'finished') return;
    const { member, reason, detail } = change;
    for (const [stream, peer] of this.#peers) {
      if (peer.rank !== member.rank || peer.generation !== member.generation) continue;
      stream.destroy(new AppError('worker-lost', `rank ${member.rank} left the group (${reason}): ${detail}`, { retryable: true }));
    }
  }

  /** Without an error the rest of what was written is still sent by the kernel. */
  destroyAll(error?: Error): void {
    for (const stream of this.#peers.keys()) stream.destroy(error);
  }
}
