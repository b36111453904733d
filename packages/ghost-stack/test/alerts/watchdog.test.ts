import { createMetrics } from '@prosora/service';
import { expect, test } from 'vitest';
import { createWatchdog } from '../../src/alerts/watchdog.ts';

/** A watchdog on a clock in seconds, and whom it pings. */
function dog() {
  const clock = { s: 0 };
  const metrics = createMetrics('ops');
  const pings: number[] = [];
  const watchdog = createWatchdog(metrics, 300_000, () => clock.s * 1_000);
  return {
    clock,
    metrics,
    pings,
    watchdog,
    ping: () => watchdog.ping('https://ping.example', async () => void pings.push(clock.s)),
  };
}

test('it is asked to be quiet once a minute, and only after it was heard', async () => {
  const { clock, pings, watchdog, ping } = dog();
  await ping();
  for (clock.s = 1; clock.s <= 180; clock.s += 1) {
    if (clock.s % 30 === 0 && clock.s <= 120) watchdog.hear();
    await ping();
  }
  expect(pings).toEqual([30, 90, 150]);
});

test('a ping that was not taken is tried again with the next one', async () => {
  const { clock, watchdog, pings, ping } = dog();
  watchdog.hear();
  const refused = watchdog.ping('', async () => Promise.reject(new Error('It answers 500.')));
  await expect(refused).rejects.toThrow('500');
  clock.s = 60;
  watchdog.hear();
  await ping();
  expect(pings).toEqual([60]);
});

test('its silence is found once it has lasted, and a start counts as if it was heard', async () => {
  const { clock, metrics, watchdog } = dog();
  clock.s = 299;
  expect(watchdog.finding().status).toBe('ok');
  clock.s = 360;
  expect(watchdog.isSilent).toBe(true);
  expect(watchdog.finding()).toMatchObject({
    status: 'fail',
    sentence: 'None could come for 6 min.',
  });
  expect(await metrics.metrics()).toMatch(/^prosora_watchdog_age_seconds\{.+\} 360$/m);
  watchdog.hear();
  expect(watchdog.finding().status).toBe('ok');
});
