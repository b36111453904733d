import { lacks } from '@prosora/service/programs';
import { describe, expect, inject, test } from 'vitest';
import { FAULTS } from './faulty-site.ts';
import { DAY_S, ordinarySite } from './ordinary-site.ts';
import { Replay } from './replay.ts';

const { soak, seed } = inject('proof');
const DAYS = soak ? 30 : 2;
/** The midnight so many days ago. */
const midnight = (daysAgo: number): number =>
  Math.floor(Date.now() / 1_000 / DAY_S - daysAgo) * DAY_S;

describe.skipIf(lacks('victoriametrics'))('by vmalert -replay (needs victoria-metrics)', () => {
  test('an ordinary site is told of nothing', async () => {
    await using replay = await Replay.start();
    const startS = midnight(DAYS);
    const endS = startS + DAYS * DAY_S;
    await replay.write(ordinarySite(seed, startS), startS, endS);
    const fired = await replay.judge(startS, endS);
    const heard = fired.filter(({ alert }) => alert === 'Watchdog');
    console.log(`${DAYS} days: ${fired.length - heard.length} alerts (seed ${seed})`);
    expect(fired.filter(({ alert }) => alert !== 'Watchdog')).toEqual([]);
    expect(heard[0]?.toS).toBeGreaterThan(endS - 60);
  });

  const names = Object.keys(FAULTS);
  const chosen = soak ? names : [names[seed % names.length] ?? ''];
  test.each(chosen)('the same with a fault of %s is told of that', async (alert) => {
    await using replay = await Replay.start();
    const startS = midnight(1);
    const shown = ordinarySite(seed, startS);
    const noon = startS + DAY_S / 2;
    const isFaulty = (atS: number) => atS >= noon && atS < noon + 3 * 3_600;
    const withFault = (atS: number) =>
      isFaulty(atS) ? (FAULTS[alert]?.(shown(atS), atS - noon, noon) ?? new Map()) : shown(atS);
    await replay.write(withFault, startS, startS + DAY_S);
    const fired = await replay.judge(startS, startS + DAY_S);
    const names = new Set(fired.map(({ alert }) => alert));
    console.log(`${alert}: ${[...names]} (seed ${seed})`);
    expect(names).toEqual(new Set([alert, 'Watchdog']));
    for (const { fromS } of fired.filter((one) => one.alert === alert)) {
      expect(fromS).toBeGreaterThanOrEqual(noon);
    }
  });
});
