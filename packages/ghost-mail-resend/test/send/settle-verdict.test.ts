import { expect, test } from 'vitest';
import { settleVerdict } from '../../src/send/settle-verdict.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Until when an answer holds all mail, by a clock that began at 0. */
async function heldFor(kind: 'paced' | 'quota', retryAfterMs: number | null) {
  const held: number[] = [];
  const context = {
    clock: { now: () => 0 },
    pace: { holdUntil: async (_tx: unknown, until: number) => void held.push(until) },
  };
  const verdict = { kind, reason: 'Too many.' } as const;
  const result = settleVerdict(context as never, {} as never, {} as never, verdict, {
    retryAfterMs,
  });
  await result.also?.({} as never);
  expect(result).toMatchObject({ kind: 'park', until: new Date(held[0] ?? -1) });
  return held;
}

test.each([
  ['paced', 7_000, 7_000],
  ['paced', null, 1_000],
  ['paced', WEEK_MS, MINUTE_MS],
  ['quota', 20 * MINUTE_MS, 20 * MINUTE_MS],
  ['quota', null, HOUR_MS],
  ['quota', WEEK_MS, HOUR_MS],
] as const)(
  'sign-in mails do not wait for days: %s with a wait of %s ms holds all mail for %s ms',
  async (kind, retryAfterMs, heldMs) => {
    expect(await heldFor(kind, retryAfterMs)).toEqual([heldMs]);
  },
);
