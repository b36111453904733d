import type { AttemptRecord, Job } from '@prosora/durable';
import { describe, expect, test } from 'vitest';
import { createDeliver, type DeliverOptions } from '../../src/deliver/deliver.ts';
import type { GhostAnswer } from '../../src/deliver/ghost-answers.ts';
import { bytesOf, eventLike } from '../fixtures/events.ts';

const status = (code: number): GhostAnswer => ({ kind: 'status', status: code });

describe('a delivery', () => {
  const invoice = eventLike(6);
  const addedAt = new Date(1_795_000_000_000);
  const job = { id: invoice.id, failures: 0, failingSince: null, addedAt } as Job;
  const lost = { outcome: 'lost' } as AttemptRecord;

  const deliver = (options: Partial<DeliverOptions> = {}) => {
    let posts = 0;
    const run = createDeliver({
      ghost: {
        post: async () => {
          posts += 1;
          return status(200);
        },
      },
      findEvent: async () => ({ event: invoice, body: bytesOf(invoice) }),
      attemptsOf: async () => [],
      ambiguous: 'hold',
      ...options,
    });
    return run(job, new AbortController().signal).then(({ kind }) => ({ kind, posts }));
  };

  test('sends the event and is done', async () => {
    expect(await deliver()).toEqual({ kind: 'done', posts: 1 });
  });

  test('an invoice that a killed process may have sent is held, not sent again', async () => {
    const attemptsOf = async () => [lost];
    expect(await deliver({ attemptsOf })).toEqual({ kind: 'ambiguous', posts: 0 });
    expect(await deliver({ attemptsOf, ambiguous: 'retry' })).toEqual({ kind: 'done', posts: 1 });
  });

  test('a person who replays a held invoice has it sent', async () => {
    const attemptsOf = async () => [lost, { outcome: 'ambiguous' } as AttemptRecord];
    expect(await deliver({ attemptsOf })).toEqual({ kind: 'done', posts: 1 });
  });

  test('an event that a killed process may have sent is sent again where Ghost does not mind', async () => {
    const checkout = eventLike(4);
    const findEvent = async () => ({ event: checkout, body: bytesOf(checkout) });
    expect(await deliver({ findEvent, attemptsOf: async () => [lost] })).toEqual({
      kind: 'done',
      posts: 1,
    });
  });

  test('a signature that Ghost refuses is made anew at once where Ghost has another secret, and once', async () => {
    for (const isNew of [true, false]) {
      const answers: GhostAnswer[] = [status(401), status(isNew ? 200 : 401)];
      let posts = 0;
      let renewed = 0;
      const outcome = await deliver({
        ghost: { post: async () => answers[posts++] ?? status(500) },
        renewSecret: async () => {
          renewed += 1;
          return isNew;
        },
      });
      expect([outcome.kind, posts, renewed]).toEqual(isNew ? ['done', 2, 1] : ['down', 1, 1]);
    }
  });

  test('an invoice that Ghost failed on is held and not sent again, also one that an earlier version tried again', async () => {
    for (const code of [500, 502, 503, 504]) {
      const ghost = { post: async () => status(code) };
      expect((await deliver({ ghost })).kind).toBe('ambiguous');
    }
    const before = { outcome: 'retry', reason: '500: Ghost failed' } as AttemptRecord;
    expect(await deliver({ attemptsOf: async () => [before] })).toEqual({
      kind: 'ambiguous',
      posts: 0,
    });
  });

  test('while Ghost is not well an invoice goes only after an empty event that Ghost took', async () => {
    for (const code of [200, 502]) {
      const ids: string[] = [];
      const outcome = await deliver({
        isWell: () => false,
        ghost: {
          async post(body) {
            ids.push(JSON.parse(Buffer.from(body).toString()).id);
            return status(code);
          },
        },
      });
      expect([outcome.kind, ids]).toEqual(
        code === 200
          ? ['done', ['evt_prosora_doctor', invoice.id]]
          : ['down', ['evt_prosora_doctor']],
      );
    }
  });

  test('a job without its event is a dead letter', async () => {
    expect(await deliver({ findEvent: async () => undefined })).toEqual({ kind: 'dead', posts: 0 });
  });

  describe('of an invoice in doubt, where Ghost can be asked', () => {
    const MINUTE = 60_000;
    type Counted = Awaited<ReturnType<NonNullable<DeliverOptions['admin']>['hasCounted']>>;
    const tried = (
      outcome: AttemptRecord['outcome'],
      reason: string | null,
      afterMs = 0,
    ): AttemptRecord => {
      const startedAt = new Date(addedAt.getTime() + afterMs);
      return { attempt: 1, startedAt, endedAt: startedAt, outcome, reason };
    };
    const died = tried('lost', 'the lease ran out: the process died or hung');

    /** One more attempt after these; `posts` counts what Ghost got, `asked` what it was asked. */
    const attemptAfter = async (
      attempts: AttemptRecord[],
      counted: Counted,
      { minutes = 10, alike = 0, answer = status(200) } = {},
    ) => {
      let posts = 0;
      const asked: unknown[] = [];
      const run = createDeliver({
        ghost: {
          post: async () => {
            posts += 1;
            return answer;
          },
        },
        findEvent: async () => ({ event: invoice, body: bytesOf(invoice) }),
        attemptsOf: async () => attempts,
        countAlike: async () => alike,
        ambiguous: 'hold',
        admin: {
          async hasCounted(_event, question) {
            asked.push(question);
            return counted;
          },
          problem: async () => undefined,
          async *paidMembers() {},
        },
        now: () => addedAt.getTime() + minutes * MINUTE,
      });
      return { ...(await run(job, new AbortController().signal)), posts, asked };
    };

    test('waits until Ghost has counted it or never will, and then asks, whatever ended the process', async () => {
      const waiting = await attemptAfter([died], 'no', { minutes: 1 });
      expect(waiting).toMatchObject({ kind: 'park', posts: 0, asked: [] });
      expect('until' in waiting && waiting.until).toEqual(
        new Date(addedAt.getTime() + 2.25 * MINUTE),
      );
      const parked = tried('park', 'reason' in waiting ? waiting.reason : '', MINUTE);
      expect(await attemptAfter([died, parked], 'yes', { minutes: 3 })).toMatchObject({
        kind: 'done',
        posts: 0,
        asked: [{ alike: 0 }],
      });
    });

    test('sends it when Ghost has not counted it', async () => {
      expect(await attemptAfter([died], 'no', { alike: 2 })).toMatchObject({
        kind: 'done',
        posts: 1,
        asked: [{ alike: 2, since: new Date(addedAt.getTime() - 5_000) }],
      });
    });

    test('leaves it to a person when Ghost cannot tell, and waits when Ghost is away', async () => {
      expect(await attemptAfter([died], 'unknown')).toMatchObject({ kind: 'ambiguous', posts: 0 });
      const away = await attemptAfter([died], 'not-now');
      expect(away).toMatchObject({ kind: 'park', posts: 0 });
      const parks = Array(20).fill(tried('park', 'reason' in away ? away.reason : '', 5 * MINUTE));
      expect(await attemptAfter(parks, 'yes', { minutes: 6 })).toMatchObject({ kind: 'done' });
      expect(await attemptAfter(parks, 'yes', { minutes: 6 })).toMatchObject({ posts: 0 });
    });

    test('asks in time after an answer that did not come', async () => {
      const cut: GhostAnswer = { kind: 'unanswered', reason: 'ECONNRESET' };
      const first = await attemptAfter([], 'no', { answer: cut });
      expect(first).toMatchObject({ kind: 'retry', afterMs: 135_000, posts: 1, asked: [] });
      const unanswered = tried('retry', 'reason' in first ? first.reason : '');
      expect(await attemptAfter([unanswered], 'yes')).toMatchObject({ kind: 'done', posts: 0 });
    });

    test('asks in time after a failure of Ghost, which may have come after the row', async () => {
      const first = await attemptAfter([], 'no', { answer: status(500) });
      expect(first).toMatchObject({ kind: 'retry', afterMs: 135_000, posts: 1, asked: [] });
      const failed = tried('retry', 'reason' in first ? first.reason : '');
      expect(await attemptAfter([failed], 'yes')).toMatchObject({ kind: 'done', posts: 0 });
      expect(await attemptAfter([failed], 'no')).toMatchObject({ kind: 'done', posts: 1 });
      expect(await attemptAfter([failed], 'unknown')).toMatchObject({
        kind: 'ambiguous',
        reason: expect.stringMatching(/^500: .*Ghost's Admin API does not tell$/),
      });
    });

    test('stays in doubt after an attempt that sent nothing, and is out of it after a refusal', async () => {
      const stopped = tried('park', 'the worker stopped');
      const locked = tried('retry', 'the file is locked by another process');
      const shut = tried('park', 'not sent: 502: Ghost is booting, in maintenance or gone');
      expect(await attemptAfter([died, stopped, locked, shut], 'yes')).toMatchObject({ posts: 0 });
      const refused = tried('retry', '404: the member or the object at Stripe is not there yet');
      expect(await attemptAfter([died, refused], 'yes')).toMatchObject({ posts: 1, asked: [] });
      const closed = tried('park', 'closed: Ghost is booting or in maintenance');
      expect(await attemptAfter([died, closed], 'yes')).toMatchObject({ posts: 1, asked: [] });
      const away = tried('park', 'no connection: ECONNREFUSED');
      expect(await attemptAfter([died, away], 'yes')).toMatchObject({ posts: 1, asked: [] });
    });
  });
});
