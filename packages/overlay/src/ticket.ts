/** What a new instance needs to join a group, as one line of text for its environment. It holds the secret: never log it. */
import { AppError, parseGroupId, parseRank, type GroupId, type Rank } from '@pappus/core';
import type { Address } from './group.ts';
import { MAX_NAME_CHARS, MAX_PORT } from './limits.ts';
import { parseSecret, type GroupSecret } from './secret.ts';
import { nullable, parsed, record, text, whole, type Shape } from './shape.ts';

export interface JoinTicket {
  readonly coordinator: Address;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  readonly wantRank: Rank | null;
}

const ticketShape: Shape<JoinTicket> = record<JoinTicket>({
  coordinator: record<Address>({ host: text(MAX_NAME_CHARS), port: whole(MAX_PORT) }),
  group: parsed(parseGroupId),
  secret: parsed(parseSecret),
  wantRank: nullable(parsed(parseRank)),
});

export const encodeTicket = ({ coordinator, group, secret, wantRank }: JoinTicket): string =>
  Buffer.from(JSON.stringify({ coordinator, group, secret, wantRank })).toString('base64url');

export function decodeTicket(line: string): JoinTicket {
  try {
    return ticketShape(JSON.parse(Buffer.from(line, 'base64url').toString('utf8')), 'ticket');
  } catch {
    // The cause is left out on purpose: it may quote the secret.
    throw new AppError('invalid-argument', 'this is no ticket for a group', { hint: 'Pass on the whole line that encodeTicket gave.' });
  }
}
