import { createLimiter, type LimiterKind } from '@prosora/sandbox';
import { describe, expect, test } from 'vitest';
import { learnPace, newPace, type PaceState, takeTurn } from '../../src/send/pace.ts';

const MINUTE_MS = 60_000;

/** There and back, each half of it one way. */
const SHORTEST_MS = 50;
const LONGEST_MS = 300;

/**
 * What a sliding log leaves to whoever is hardly ever refused: a slot is used as late as the call for it
 * happens to arrive, later than it is free by as much as its way is longer than the shortest.
 */
const LEFT_BY_LOG = MINUTE_MS / (MINUTE_MS + (60 * (LONGEST_MS - SHORTEST_MS)) / 4);

/**
 * Calls of a newsletter against a limiter, and a sign-in mail every five seconds, on a clock of their own.
 */
function simulate(kind: LimiterKind, limit: number, minutes: number, seed: number) {
  const limiter = createLimiter(kind);
  const pace = newPace();
  const steps: { at: number; run: () => void }[] = [];
  let now = 1_800_000_000_123;
  const end = now + minutes * MINUTE_MS;
  const later = (at: number, run: () => void) => steps.push({ at, run });
  const counts = { taken: 0, refused: 0 };
  let calls = 0;
  let state = seed;
  // https://en.wikipedia.org/wiki/Lehmer_random_number_generator
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };

  function link(): void {
    later(now + 5_000, link);
    call(true, () => undefined);
  }

  function work(): void {
    call(false, work);
  }

  function call(isUrgent: boolean, next: () => void): void {
    const holder = String(calls++);
    const turn = takeTurn(pace, holder, isUrgent, now);
    if ('askAt' in turn) {
      return void later(Math.max(now + 1, turn.askAt), () => call(isUrgent, next));
    }
    later(turn.at, () => {
      const sentAt = now;
      const halfMs = (SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS)) / 2;
      later(now + halfMs, () => {
        const { allowed, remaining } = limiter.take(now, limit);
        counts[allowed ? 'taken' : 'refused'] += 1;
        later(now + halfMs, () => {
          const rate = { limit, remaining, resetMs: null, windowMs: 1_000 };
          const answer = { status: allowed ? 200 : 429, retryAfterMs: null, rate };
          learnPace(pace, { holder, sentAt, answeredAt: now, answer });
          if (!allowed) pace.heldUntil = now + 1_000;
          next();
        });
      });
    });
  }
  for (let worker = 0; worker < Math.max(4, limit); worker++) work();
  link();
  for (;;) {
    const next = steps.reduce((first, step) => (step.at < first.at ? step : first));
    if (next.at > end) return { ...counts, pace };
    steps.splice(steps.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.run();
  }
}

describe('with a way of 50 to 300 ms, over ten minutes', () => {
  test.each([
    ['fixed-window', 2, 0.94],
    ['fixed-window', 5, 0.95],
    ['token-bucket', 2, 0.95],
    ['token-bucket', 5, 0.95],
    ['sliding-log', 2, 0.98 * LEFT_BY_LOG],
    ['sliding-log', 5, 0.98 * LEFT_BY_LOG],
    ['sliding-log', 10, 0.98 * LEFT_BY_LOG],
  ] as const)(
    '%s of %i a second: the rate is used, and refusals are rare',
    (kind, limit, share) => {
      const runs = [7, 11, 77, 1_234, 987_654].map((seed) => simulate(kind, limit, 10, seed));
      const shares = runs.map(({ taken }) => taken / (limit * 600));
      // What is derived holds for each of them, what was measured on the whole.
      const mean = shares.reduce((sum, each) => sum + each) / shares.length;
      expect(kind === 'sliding-log' ? Math.min(...shares) : mean).toBeGreaterThan(share);
      expect(Math.max(...runs.map(({ refused }) => refused))).toBeLessThanOrEqual(10);
    },
  );
});

describe('takeTurn', () => {
  const NOW = 1_800_000_000_000;
  const answered = (pace: PaceState, holder: string, remaining: number | null, limit = 2) =>
    learnPace(pace, {
      holder,
      sentAt: NOW,
      answeredAt: NOW + 100,
      answer: {
        status: 200,
        retryAfterMs: null,
        rate: { limit, remaining, resetMs: null, windowMs: 1_000 },
      },
    });

  test('begins with the limit of a new team, and takes up the one that an answer names', () => {
    const pace = newPace();
    expect(takeTurn(pace, 'a', false, NOW)).toEqual({ at: NOW });
    expect(takeTurn(pace, 'b', false, NOW)).toEqual({ at: NOW });
    expect(takeTurn(pace, 'c', false, NOW)).toHaveProperty('askAt');
    answered(pace, 'a', null, 10);
    expect(takeTurn(pace, 'c', false, NOW + 100)).toEqual({ at: NOW + 100 });
  });

  test('gives what is urgent the next slot ahead of time, and a newsletter none', () => {
    const pace = newPace();
    for (const holder of ['a', 'b']) takeTurn(pace, holder, false, NOW);
    answered(pace, 'a', null);
    expect(takeTurn(pace, 'letter', false, NOW + 100)).toHaveProperty('askAt');
    expect(takeTurn(pace, 'link', true, NOW + 100)).toHaveProperty('at');
    const asked = takeTurn(pace, 'letter', false, NOW + 100);
    expect(asked).toHaveProperty('askAt');
    if ('askAt' in asked) expect(asked.askAt).toBeGreaterThan(NOW + 1_000);
  });

  test('leaves to other programs of the team what they use', () => {
    const pace = newPace();
    takeTurn(pace, 'a', false, NOW);
    answered(pace, 'a', 0);
    expect(takeTurn(pace, 'b', false, NOW + 200)).toHaveProperty('askAt');
  });

  test('waits through a hold, urgent or not', () => {
    const pace = { ...newPace(), heldUntil: NOW + 5_000 };
    expect(takeTurn(pace, 'a', true, NOW)).toEqual({ askAt: NOW + 5_000 });
  });

  test('takes a call that never came back for lost after a while', () => {
    const pace = newPace();
    for (const holder of ['a', 'b']) takeTurn(pace, holder, false, NOW);
    expect(takeTurn(pace, 'c', false, NOW + 2_900)).toHaveProperty('askAt');
    expect(takeTurn(pace, 'c', false, NOW + 3_001)).toHaveProperty('at', NOW + 3_001);
  });
});

test('a sliding log leaves 94.1 % of its rate', () => {
  expect(LEFT_BY_LOG).toBeCloseTo(0.941, 3);
});
