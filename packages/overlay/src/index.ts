export type { Address, Group, IncomingStream, LeaveReason, Member, Membership, MembershipChange } from './group.ts';
