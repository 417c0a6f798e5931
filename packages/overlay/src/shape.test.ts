import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseGeneration, parseGroupId, parseInstanceId, parseRank } from '@pappus/core';
import {
  challengeShape,
  coordinatorMessageShape,
  helloShape,
  joinShape,
  memberMessageShape,
  welcomeShape,
  type CoordinatorMessage,
  type Join,
  type MemberMessage,
  type Welcome,
} from './control-protocol.ts';
import type { Member } from './group.ts';
import type { Shape } from './shape.ts';
import { acceptedShape, openShape, streamAnswerShape, streamChallengeShape } from './stream-protocol.ts';
import { parseSecret } from './secret.ts';
import { decodeTicket, encodeTicket } from './ticket.ts';

const hexText = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => Buffer.from(raw).toString('hex'));
const count = fc.integer({ min: 0, max: 0xffff_ffff });
const rank = count.map(parseRank);
const generation = count.map(parseGeneration);
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/);
const reason = fc.constantFrom('finished', 'failed', 'lost', 'evicted') as fc.Arbitrary<'lost'>;
const detail = fc.string({ maxLength: 200 });
const member: fc.Arbitrary<Member> = fc.record({ rank, generation, id: id.map(parseInstanceId), address: fc.record({ host: fc.string({ maxLength: 40 }), port: fc.integer({ min: 0, max: 65_535 }) }) });
const joined = fc.record({ kind: fc.constant('joined' as const), revision: count, member });
const left = fc.record({ kind: fc.constant('left' as const), revision: count, member, reason, detail });
const change = fc.oneof(joined, left);
const news = fc.oneof(
  fc.record({ kind: fc.constant('snapshot' as const), snapshot: fc.record({ revision: count, members: fc.array(member, { maxLength: 5 }) }) }),
  fc.record({ kind: fc.constant('changes' as const), changes: fc.array(change, { maxLength: 5 }) }),
);
const type = <const T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);

const join: fc.Arbitrary<Join> = fc.record({
  type: type('join'),
  proof: hexText(32),
  session: hexText(16),
  attempt: count,
  wantRank: fc.option(rank),
  port: fc.integer({ min: 0, max: 65_535 }),
  resume: fc.option(fc.record({ rank, generation, revision: count })),
});
const welcome: fc.Arbitrary<Welcome> = fc.record({
  type: type('welcome'),
  proof: hexText(32),
  rank,
  generation,
  size: fc.integer({ min: 0, max: 1_024 }),
  address: fc.record({ host: fc.string({ maxLength: 40 }), port: fc.integer({ min: 0, max: 65_535 }) }),
  news,
  heartbeatMs: count,
  suspectMs: count,
});
const fromMember: fc.Arbitrary<MemberMessage> = fc.oneof(
  fc.record({ type: type('barrier'), request: count, name: fc.string({ maxLength: 128 }), timeoutMs: count }),
  fc.record({ type: type('withdraw'), request: count }),
  fc.record({ type: type('heartbeat') }),
  fc.record({ type: type('leave'), reason, detail }),
);
const fromCoordinator: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  fc.record({ type: type('change'), change }),
  fc.record({ type: type('outcome'), request: count, missing: fc.array(rank, { maxLength: 8 }) }),
  fc.record({ type: type('heartbeat') }),
  fc.record({ type: type('farewell'), reason, detail }),
);

const overTheWire = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

describe('messages', () => {
  test('are what they were on the other side', () => {
    const check = <T>(shape: Shape<T>, messages: fc.Arbitrary<T>): void => fc.assert(fc.property(messages, (message) => void expect(shape(overTheWire(message), 'message')).toEqual(overTheWire(message))));
    check(joinShape, join);
    check(welcomeShape as Shape<Welcome>, welcome);
    check(memberMessageShape, fromMember);
    check(coordinatorMessageShape, fromCoordinator);
  });

  test('that are anything else are refused, whatever they are', () => {
    const shapes: readonly Shape<unknown>[] = [helloShape, joinShape, challengeShape, welcomeShape, memberMessageShape, coordinatorMessageShape, openShape, streamAnswerShape, streamChallengeShape, acceptedShape];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...shapes), (value, shape) => {
        try {
          shape(value, 'message');
        } catch (error) {
          expect(error).toMatchObject({ code: 'protocol' });
          return;
        }
        expect(value).toEqual({ type: 'heartbeat' });
      }),
    );
  });

  test('name the field that is wrong', () => {
    fc.assert(
      fc.property(join, fc.constantFrom<keyof Join>('proof', 'session', 'attempt', 'wantRank', 'port', 'resume'), (message, field) => {
        expect(() => joinShape({ ...message, [field]: 'x' }, 'message')).toThrow(`message.${field}`);
        expect(() => joinShape({ ...message, extra: 1 }, 'message')).toThrow('message.extra is not a known field');
      }),
    );
  });
});

describe('ticket', () => {
  test('is one word that decodes to what was encoded', () => {
    const ticket = fc.record({
      coordinator: fc.record({ host: fc.string({ maxLength: 40 }), port: fc.integer({ min: 0, max: 65_535 }) }),
      group: id.map(parseGroupId),
      secret: fc.string({ minLength: 16, maxLength: 64 }).map(parseSecret),
      wantRank: fc.option(rank),
    });
    fc.assert(
      fc.property(ticket, (each) => {
        expect(encodeTicket(each)).toMatch(/^[\w-]+$/);
        expect(decodeTicket(encodeTicket(each))).toEqual(each);
      }),
    );
  });

  test('that is damaged is refused without quoting it', () => {
    fc.assert(fc.property(fc.string(), (line) => void expect(() => decodeTicket(line)).toThrow('this is no ticket for a group')));
  });
});
