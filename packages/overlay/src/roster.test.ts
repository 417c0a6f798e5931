import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstanceId, parseRank, type Rank } from '@pappus/core';
import { MAX_HISTORY } from './limits.ts';
import { MemberView } from './membership.ts';
import { Roster, type Application } from './roster.ts';

const application = (name: string, changes: Partial<Application> = {}): Application => ({
  instance: parseInstanceId(name),
  address: { host: name, port: 1 },
  session: name,
  attempt: 1,
  wantRank: null,
  resume: null,
  ...changes,
});

describe('admission', () => {
  test.each([
    ['full', application('c')],
    ['duplicate', application('a', { session: 'other' })],
    ['duplicate', application('c', { address: { host: 'b', port: 1 } })],
    ['no-such-rank', application('c', { wantRank: parseRank(2) })],
    ['rank-taken', application('c', { wantRank: parseRank(1) })],
    ['superseded', application('a')],
    ['duplicate', application('c', { session: 'a', attempt: 2 })],
    ['lost', application('c', { resume: { rank: parseRank(0), generation: 0 as never, revision: 1 } })],
  ] as const)('rejects as %s', (reason, applicant) => {
    const roster = new Roster(2);
    roster.admit(application('a'));
    roster.admit(application('b'));
    const before = roster.view.list();
    expect(roster.admit(applicant)).toMatchObject({ kind: 'rejected', reason });
    expect(roster.view.list()).toEqual(before);
  });

  test('gives the wanted rank, else the first free one; the same session gets its seat back', () => {
    const roster = new Roster(3);
    expect(roster.admit(application('a', { wantRank: parseRank(1) }))).toMatchObject({ member: { rank: 1 } });
    expect(roster.admit(application('b'))).toMatchObject({ member: { rank: 0 } });
    expect(roster.admit(application('c'))).toMatchObject({ member: { rank: 2 } });
    expect(roster.admit(application('b', { attempt: 2 }))).toMatchObject({ kind: 'resumed', member: { rank: 0 } });
  });
});

test('whoever follows the news, with any gaps, knows what the roster knows', () => {
  const step = fc.record({ kind: fc.constantFrom('join', 'leave', 'follow'), rank: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const roster = new Roster(4);
      const follower = new MemberView();
      const generations = new Map<Rank, number>();
      let isNew = true;
      steps.forEach(({ kind, rank }, index) => {
        if (kind === 'join') {
          const admission = roster.admit(application(`i${index}`, { wantRank: parseRank(rank) }));
          if (admission.kind !== 'admitted') return;
          expect(admission.member.generation).toBe(generations.get(admission.member.rank) ?? 0);
          generations.set(admission.member.rank, admission.member.generation + 1);
        } else if (kind === 'leave') roster.remove(parseRank(rank), 'lost', '');
        else {
          follower.learn(roster.newsSince(isNew ? null : follower.revision));
          isNew = false;
          expect(follower.list()).toEqual(roster.view.list());
          expect(follower.revision).toBe(roster.view.revision);
        }
      });
    }),
  );
});

test('a follower too far behind gets a snapshot, and hears the difference as changes', () => {
  const roster = new Roster(2);
  roster.admit(application('a'));
  roster.admit(application('b'));
  const follower = new MemberView();
  follower.learn(roster.newsSince(null));
  const heard: string[] = [];
  follower.subscribe((change) => heard.push(`${change.kind} ${change.member.rank}.${change.member.generation}`));
  for (let round = 0; round < MAX_HISTORY; round += 1) {
    roster.remove(parseRank(1), 'failed', '');
    roster.admit(application(`b${round}`));
  }
  const news = roster.newsSince(follower.revision);
  expect(news.kind).toBe('snapshot');
  follower.learn(news);
  expect(heard).toEqual(['left 1.0', `joined 1.${MAX_HISTORY}`]);
  expect(follower.isGone(parseRank(1), 0 as never)).toBe(true);
  expect(follower.isGone(parseRank(1), MAX_HISTORY as never)).toBe(false);
  expect(follower.isGone(parseRank(1), (MAX_HISTORY + 1) as never)).toBe(false);
});

test('every listener hears changes in order, even those that a listener causes', () => {
  const roster = new Roster(2);
  roster.view.subscribe((change) => {
    if (change.kind === 'joined') roster.remove(change.member.rank, 'evicted', '');
  });
  const heard: number[] = [];
  roster.view.subscribe(({ revision }) => heard.push(revision));
  roster.admit(application('a'));
  roster.admit(application('b'));
  expect(heard).toEqual([1, 2, 3, 4]);
});
