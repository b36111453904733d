import { createLimiter, type LimiterKind } from '@prosora/sandbox';
import { describe, expect, test } from 'vitest';
import { learnPace, newPace, type PaceState, takeTurn } from '../src/pace.ts';

const MINUTE_MS = 60_000;

/** Calls against a limiter over a way of 50 to 300 ms there and back, on a clock of their own. */
function simulate(kind: LimiterKind, limit: number, minutes: number) {
  const limiter = createLimiter(kind);
  const pace = newPace();
  const steps: { at: number; run: () => void }[] = [];
  let now = 1_800_000_000_123;
  const end = now + minutes * MINUTE_MS;
  const later = (at: number, run: () => void) => steps.push({ at, run });
  const counts = { taken: 0, refused: 0 };
  let calls = 0;
  let seed = 7;
  // https://en.wikipedia.org/wiki/Lehmer_random_number_generator
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };

  function work(): void {
    const holder = String(calls++);
    const turn = takeTurn(pace, holder, false, now);
    if ('askAt' in turn) return void later(Math.max(now + 1, turn.askAt), work);
    later(turn.at, () => {
      const sentAt = now;
      const halfMs = (50 + random() * 250) / 2;
      later(now + halfMs, () => {
        const { allowed, remaining } = limiter.take(now, limit);
        counts[allowed ? 'taken' : 'refused'] += 1;
        later(now + halfMs, () => {
          const rate = { limit, remaining, resetMs: null, windowMs: 1_000 };
          const answer = { status: allowed ? 200 : 429, retryAfterMs: null, rate };
          learnPace(pace, { holder, sentAt, answeredAt: now, answer });
          if (!allowed) pace.heldUntil = now + 1_000;
          work();
        });
      });
    });
  }
  for (let worker = 0; worker < Math.max(4, limit); worker++) work();
  for (;;) {
    const next = steps.reduce((first, step) => (step.at < first.at ? step : first));
    if (next.at > end) return { ...counts, pace };
    steps.splice(steps.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.run();
  }
}

describe('with a way of 50 to 300 ms, over ten minutes', () => {
  // A sliding log leaves no more than 1,000 / (1,000 + mean way - shortest way) = 94.1 % to whoever is
  // hardly ever refused: a slot is used as late as the call for it happens to arrive.
  test.each([
    ['fixed-window', 2, 0.95],
    ['fixed-window', 5, 0.95],
    ['token-bucket', 2, 0.95],
    ['token-bucket', 5, 0.95],
    ['sliding-log', 2, 0.925],
    ['sliding-log', 5, 0.925],
  ] as const)(
    '%s of %i a second: the rate is used, and refusals are rare',
    (kind, limit, share) => {
      const { taken, refused } = simulate(kind, limit, 10);
      expect(taken / (limit * 600)).toBeGreaterThan(share);
      expect(refused).toBeLessThanOrEqual(10);
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
