/**
 * What a program on the overlay sees: a group of hosts with ranks, membership, barriers and direct streams.
 * `connect(rank, port)` is the only way to reach a peer, so that NAT traversal has one place to live.
 */
import type { Duplex } from 'node:stream';
import type { Generation, InstanceId, Rank } from '@pappus/core';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Member {
  readonly rank: Rank;
  readonly generation: Generation;
  readonly id: InstanceId;
  /** The address that the coordinator saw, with the port on which the member takes direct connections. */
  readonly address: Address;
}

export type LeaveReason = 'finished' | 'failed' | 'lost' | 'evicted';

export type MembershipChange =
  | { readonly kind: 'joined'; readonly revision: number; readonly member: Member }
  | { readonly kind: 'left'; readonly revision: number; readonly member: Member; readonly reason: LeaveReason; readonly detail: string };

export interface Membership {
  /** Counts the changes since the group began. */
  readonly revision: number;
  get(rank: Rank): Member | undefined;
  list(): readonly Member[];
  /** Calls back on each later change, in order. Returns the function that ends it. */
  subscribe(listener: (change: MembershipChange) => void): () => void;
}

export interface IncomingStream {
  readonly stream: Duplex;
  readonly from: Rank;
}

export interface Group {
  readonly self: Member;
  /** The ranks are 0 to size - 1. */
  readonly size: number;
  readonly members: Membership;
  /** Opens a TCP stream to a port on which the member at `rank` listens; waits for a member that has not joined yet. */
  connect(rank: Rank, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Takes streams for a port of the group's own numbering (it is no port of the machine). Returns the function that ends it. */
  listen(port: number, onStream: (incoming: IncomingStream) => void): () => void;
  /** Resolves when every rank has entered the barrier of that name; at the deadline the error lists the missing ranks. */
  barrier(name: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Idempotent. Tells the coordinator why and closes everything. */
  leave(reason: LeaveReason, detail?: string): Promise<void>;
  /** Resolves when the member is no longer part of the group, with the reason. */
  readonly ended: Promise<{ readonly reason: LeaveReason; readonly detail: string }>;
}
