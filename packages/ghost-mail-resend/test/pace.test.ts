import type { Clock } from '@prosora/durable';
import { describe, expect, test } from 'vitest';
import { createPace } from '../src/pace.ts';
import type { ResendAnswer } from '../src/resend.ts';

/** A clock that a sleep moves. */
function fakeClock() {
  let now = 1_000_000;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  return clock;
}

const rate = (limit: number, remaining: number, resetMs: number) =>
  ({ rate: { limit, remaining, resetMs } }) as ResendAnswer;

async function msFor(
  calls: number,
  prepare: (pace: ReturnType<typeof createPace>, clock: Clock) => void,
) {
  const clock = fakeClock();
  const pace = createPace(clock);
  prepare(pace, clock);
  const startedAt = clock.now();
  for (let call = 0; call < calls; call++) await pace.take(new AbortController().signal);
  return clock.now() - startedAt;
}

describe('the pace of calls', () => {
  test('is two a second until Resend says more', async () => {
    expect(await msFor(10, () => undefined)).toBe(4_000);
  });

  test('follows the limit in the headers', async () => {
    const tookMs = await msFor(20, (pace) => pace.learn(rate(10, 2, 1_000)));
    expect(tookMs).toBeGreaterThanOrEqual(1_800);
    expect(tookMs).toBeLessThanOrEqual(1_900);
  });

  test('waits for the reset when none is left, since others use the limit too', async () => {
    expect(await msFor(1, (pace) => pace.learn(rate(5, 0, 700)))).toBe(700);
  });

  test('waits as long as it is told to', async () => {
    expect(await msFor(1, (pace, clock) => pace.holdUntil(clock.now() + 60_000))).toBe(60_000);
  });

  test('a worker that stops does not wait', async () => {
    const pace = createPace(fakeClock());
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(pace.take(stopped)).rejects.toThrow('stopped');
  });
});
