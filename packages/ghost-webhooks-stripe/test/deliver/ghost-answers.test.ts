import { describe, expect, test } from 'vitest';
import { resultFor } from '../../src/deliver/deliver.ts';
import { GHOST_ANSWERS, type GhostAnswer, rowFor } from '../../src/deliver/ghost-answers.ts';
import { doubtAfter } from '../../src/deliver/ghost-writes.ts';
import { eventLike, recordedEvents } from '../fixtures/events.ts';

const fresh = { failures: 0, failingForMs: 0 };
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

  test("Ghost's own page of maintenance is no failure of the event either", () => {
    expect(resultFor({ kind: 'status', status: 503, isClosed: true }, fresh)).toEqual({
      kind: 'down',
      reason: 'closed: Ghost is booting or in maintenance',
    });
  });

  test('sent without an answer is ambiguous where it would count twice, else tried again', () => {
    const answer: GhostAnswer = { kind: 'unanswered', reason: 'ECONNRESET' };
    expect(resultFor(answer, fresh).kind).toBe('retry');
    expect(resultFor(answer, { ...fresh, doubt: 'it may be counted' }).kind).toBe('ambiguous');
  });
});

describe('what Ghost may have counted before an answer', () => {
  const invoice = eventLike(6);
  const donation = eventLike(14);
  const codes = Array.from({ length: 400 }, (_, at) => 200 + at);
  const open = (event: typeof invoice) => codes.filter((code) => doubtAfter(event, status(code)));

  test('of an invoice: what is not a refusal, since Ghost asks for all it needs before it counts', () => {
    expect(open(invoice)).toEqual(codes.filter((code) => code >= 500));
  });

  test('of a donation: all but the refusals at the door and of a row that is not valid, since Ghost mails after it', () => {
    const sure = new Set([401, 413, 422]);
    expect(open(donation)).toEqual(codes.filter((code) => code >= 400 && !sure.has(code)));
    expect(doubtAfter(donation, status(500))).toContain('mail to the staff');
  });

  test('of every other event: nothing that a second time would count again', () => {
    const others = recordedEvents.filter(
      ({ id }) => ![2, 6, 14].some((n) => eventLike(n).id === id),
    );
    expect(others.length).toBeGreaterThan(10);
    for (const event of others) expect([event.type, open(event)]).toEqual([event.type, []]);
  });

  test('is open without an answer, and nothing where Ghost never had it', () => {
    for (const event of [invoice, donation]) {
      expect(doubtAfter(event, { kind: 'unanswered', reason: 'ECONNRESET' })).toBeDefined();
      expect(doubtAfter(event, { kind: 'unsent', reason: 'ECONNREFUSED' })).toBeUndefined();
      expect(doubtAfter(event, { kind: 'status', status: 503, isClosed: true })).toBeUndefined();
    }
  });
});
