import type { AttemptRecord, Job } from '@prosora/durable';
import { describe, expect, test } from 'vitest';
import { createDeliver, type DeliverOptions, resultFor } from '../src/deliver.ts';
import { GHOST_ANSWERS, type GhostAnswer, rowFor } from '../src/ghost-answers.ts';
import { bytesOf, eventLike } from './events.ts';

const fresh = { mayRepeat: true, failures: 0, failingForMs: 0 };
const status = (code: number, retryAfterMs?: number): GhostAnswer => ({
  kind: 'status',
  status: code,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
const kindOf = (code: number) => resultFor(status(code), fresh).kind;

describe('what an answer of Ghost means', () => {
  /** Written out by hand from what was observed; every other status of a class is as its class. */
  const OBSERVED: Record<number, string> = {
    400: 'dead',
    401: 'down',
    413: 'dead',
    502: 'down',
    503: 'down',
    504: 'down',
  };
  const CLASSES = { 2: 'done', 3: 'down', 4: 'retry', 5: 'retry' } as Record<number, string>;

  test('every status from 200 to 599 has its outcome', () => {
    for (let code = 200; code < 600; code += 1) {
      expect([code, kindOf(code)]).toEqual([
        code,
        OBSERVED[code] ?? CLASSES[Math.floor(code / 100)],
      ]);
    }
  });

  test('every row of the table is reached and says what it means', () => {
    for (const row of GHOST_ANSWERS) {
      const reached = Array.from({ length: row.to - row.from + 1 }, (_, at) =>
        rowFor(row.from + at),
      );
      expect(reached).toContain(row);
      expect(row.means).not.toBe('');
    }
  });

  test('what is not an HTTP status is tried again', () => {
    expect(kindOf(0)).toBe('retry');
    expect(kindOf(999)).toBe('retry');
  });

  test('409 is tried again at once, three times, then with patience', () => {
    expect(resultFor(status(409), { ...fresh, failures: 2 })).toMatchObject({ afterMs: 0 });
    expect(resultFor(status(409), { ...fresh, failures: 3 })).not.toHaveProperty('afterMs');
  });

  test('404 is given up after a day', () => {
    const day = 24 * 3_600_000;
    expect(resultFor(status(404), { ...fresh, failingForMs: day }).kind).toBe('retry');
    expect(resultFor(status(404), { ...fresh, failingForMs: day + 1 }).kind).toBe('dead');
  });

  test('Retry-After is kept, by a retry and by a Ghost that is down', () => {
    expect(resultFor(status(429, 7_000), fresh)).toMatchObject({ kind: 'retry', afterMs: 7_000 });
    expect(resultFor(status(503, 9_000), fresh)).toMatchObject({ kind: 'down', afterMs: 9_000 });
  });

  test('no connection is no failure of the event', () => {
    expect(resultFor({ kind: 'unsent', reason: 'ECONNREFUSED' }, fresh).kind).toBe('down');
  });

  test('sent without an answer is ambiguous where it would count twice, else tried again', () => {
    const answer: GhostAnswer = { kind: 'unanswered', reason: 'ECONNRESET' };
    expect(resultFor(answer, fresh).kind).toBe('retry');
    expect(resultFor(answer, { ...fresh, mayRepeat: false }).kind).toBe('ambiguous');
  });
});

describe('a delivery', () => {
  const invoice = eventLike(6);
  const job = { id: invoice.id, failures: 0, failingSince: null } as Job;
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

  test('a job without its event is a dead letter', async () => {
    expect(await deliver({ findEvent: async () => undefined })).toEqual({ kind: 'dead', posts: 0 });
  });
});
