import { expect, test } from 'vitest';
import { createPace } from '../../src/deliver/pace.ts';
import { eventLike } from '../fixtures/events.ts';

const CALLS = 3;

async function secondsFor(events: number, livemode: boolean): Promise<number> {
  let now = 0;
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const pace = createPace(clock);
  const event = eventLike(5, { livemode });
  for (let sent = 0; sent < events; sent += 1)
    await pace.waitFor(event, new AbortController().signal);
  return now / 1_000;
}

test('deliveries stay below the calls that Ghost lets itself make: 23.75 a second with a test key, 95 with a live one', async () => {
  expect((300 * CALLS) / (await secondsFor(300, false))).toBeLessThan(23.75);
  expect((3_000 * CALLS) / (await secondsFor(3_000, true))).toBeLessThan(95);
});

test('and not far below', async () => {
  expect((300 * CALLS) / (await secondsFor(300, false))).toBeGreaterThan(22);
  expect((3_000 * CALLS) / (await secondsFor(3_000, true))).toBeGreaterThan(88);
});
