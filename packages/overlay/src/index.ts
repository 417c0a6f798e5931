export { Coordinator, startCoordinator, type CoordinatorOptions } from './coordinator.ts';
export type { Address, Group, IncomingStream, LeaveReason, Member, Membership, MembershipChange } from './group.ts';
export { joinGroup, type JoinOptions } from './join.ts';
export { DEFAULT_TIMING, type Timing } from './limits.ts';
export type { Connection, Listener, Network } from './network.ts';
export { generateSecret, parseSecret, type GroupSecret } from './secret.ts';
export type { Dialer } from './stream-dialer.ts';
export { tcpNetwork } from './tcp-network.ts';
export { decodeTicket, encodeTicket, type JoinTicket } from './ticket.ts';
