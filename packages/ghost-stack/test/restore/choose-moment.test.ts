import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backupsIn, type Snapshot } from '../../src/repository/backups.ts';
import { gones } from '../../src/repository/forget.ts';
import { ticksIn } from '../../src/repository/ticks.ts';
import {
  type Chosen,
  chooseAt,
  chooseLatest,
  chooseTick,
} from '../../src/restore/choose-moment.ts';
import { type Happening, KeptSite } from '../fixtures/kept-site.ts';

const oneOf = (weight: number, ...kinds: Happening['what'][]) =>
  kinds.map((what) => ({ weight, arbitrary: fc.constant(what) }));
const happening = fc.record({
  what: fc.oneof(
    ...oneOf(6, 'tick'),
    ...oneOf(3, 'post', 'mail', 'payment'),
    ...oneOf(1, 'backup', 'killed tick', 'reset log'),
  ),
  seconds: fc.integer({ min: 0, max: 90 }),
});
const lives = fc.array(happening, { maxLength: 80, size: 'max' });

function lived(happenings: readonly Happening[]): KeptSite {
  const site = new KeptSite();
  site.live({ what: 'backup', seconds: 1 });
  for (const one of happenings) site.live(one);
  return site;
}

/** What a site is restored from, by hand: which snapshot has each part, and how many payments or mails are in it. */
function copyOf(site: KeptSite, { base, copies }: Chosen, part: string): number {
  const own = site.snapshots.find(
    ({ tags }) => tags?.includes(`run=${base.run}`) && tags.includes(`part=${part}`),
  );
  return site.truth.get(copies[part]?.snapshot ?? own?.id ?? '')?.copies[part] ?? Number.NaN;
}

/** What holds of any choice, by which the site is at `time`. */
function assertMends(site: KeptSite, left: readonly Snapshot[], chosen: Chosen, time: number) {
  const { base, replay, copies } = chosen;
  expect(copyOf(site, chosen, 'webhooks')).toBeLessThanOrEqual(site.countAt('webhooks', time));
  expect(copyOf(site, chosen, 'mail')).toBeGreaterThanOrEqual(site.countAt('mail', time));
  expect(base.line?.moment.getTime()).toBeLessThanOrEqual(time);
  const snapshots = [
    ...(replay?.snapshots ?? []),
    ...Object.values(copies).map(({ snapshot }) => snapshot),
  ];
  for (const id of snapshots) expect(left.map((one) => one.id)).toContain(id);
  if (replay === undefined) return;
  expect(replay.from).toBe(base.line?.from);
  const files = new Set(replay.snapshots.flatMap((id) => site.truth.get(id)?.files ?? []));
  for (let file = replay.from; file <= replay.to; file += 1) expect(files).toContain(file);
}

/** Every whole second of a site's life, and what is chosen for it; undefined where no moment is kept. */
function* choices(
  site: KeptSite,
  left: readonly Snapshot[],
): Generator<[number, Chosen | undefined]> {
  const first = Math.ceil(Date.parse(site.snapshots[0]?.time ?? '') / 1000);
  for (let second = first; second * 1000 <= site.now; second += 7) {
    const time = new Date(second * 1000);
    try {
      yield [time.getTime(), chooseAt(left, time, new Date(site.now))];
    } catch (error) {
      expect(error).toMatchObject({ code: 'MOMENT_UNKNOWN' });
      yield [time.getTime(), undefined];
    }
  }
}

test('whatever was kept, a chosen moment has an inbox that is not newer and a bridge that is not older', () => {
  fc.assert(
    fc.property(lives, fc.infiniteStream(fc.nat({ max: 9 })), (happenings, random) => {
      const site = lived(happenings);
      // Some are gone, as after a damage or by somebody's hand.
      const dice = random[Symbol.iterator]();
      const left = site.snapshots.filter(
        ({ tags = [] }) => !tags.some((tag) => tag.startsWith('tick=')) || dice.next().value !== 0,
      );
      for (const [time, chosen] of choices(site, left)) {
        if (chosen) assertMends(site, left, chosen, time);
      }
    }),
  );
});

test('with nothing gone, each second from a backup to the last tick of its log can be had', () => {
  fc.assert(
    fc.property(lives, (happenings) => {
      const site = lived(happenings);
      for (const [time, chosen] of choices(site, site.snapshots)) {
        const base = backupsIn(site.snapshots).findLast(({ line }) => Number(line?.moment) <= time);
        const isFollowed = site.snapshots.some(({ tags = [] }) => {
          const moment = tags.find((tag) => tag.startsWith('moment='))?.slice('moment='.length);
          const isTick = tags.some((tag) => tag.startsWith('tick='));
          const isOwn = tags.includes(`log=${base?.line?.log}`);
          return isTick && isOwn && Date.parse(moment ?? '') >= time;
        });
        expect(chosen !== undefined).toBe(base !== undefined && isFollowed);
      }
    }),
  );
});

test('what the years leave of the ticks still brings every second back', () => {
  fc.assert(
    fc.property(lives, (happenings) => {
      const site = lived(happenings);
      const backups = backupsIn(site.snapshots);
      const { ids } = gones(
        site.snapshots,
        backups,
        new Set(),
        new Date(site.now + 3 * 86_400_000),
      );
      const left = site.snapshots.filter(({ id }) => !ids.includes(id));
      const before = new Map(choices(site, site.snapshots));
      for (const [time, chosen] of choices(site, left)) {
        expect(chosen !== undefined).toBe(before.get(time) !== undefined);
        if (chosen) assertMends(site, left, chosen, time);
      }
    }),
  );
});

test('the newest is the newest backup with all of its ticks, which none may be cut out of', () => {
  fc.assert(
    fc.property(lives, (happenings) => {
      const site = lived(happenings);
      const chosen = chooseLatest(site.snapshots);
      expect(chosen.base).toEqual(backupsIn(site.snapshots).at(-1));
      assertMends(
        site,
        site.snapshots,
        chosen,
        Number(chosen.replay?.moment ?? chosen.base.line?.moment),
      );
      expect(chosen.replay?.isCut ?? false).toBe(false);
    }),
  );
});

test('an update goes back to the last tick before it, however much came later, or not at all', () => {
  const site = new KeptSite();
  const live = (...whats: Happening['what'][]) => {
    for (const what of whats) site.live({ what, seconds: 10 });
  };
  live('backup', 'post', 'tick', 'post', 'tick');
  const swappedAt = new Date(site.now);
  const [before] = ticksIn(site.snapshots).slice(-1);
  live('post', 'tick', 'post', 'backup', 'post', 'tick');
  const [run = ''] = backupsIn(site.snapshots).map((backup) => backup.run);
  expect(chooseTick(site.snapshots, run, swappedAt).replay).toMatchObject({
    to: before?.to,
    isCut: false,
  });
  expect(chooseTick(site.snapshots, run, undefined).replay).toBeUndefined();
  const gone = new Set(ticksIn(site.snapshots).map(({ snapshot }) => snapshot));
  const none = site.snapshots.filter(({ id }) => !gone.has(id));
  expect(() => chooseTick(none, run, swappedAt)).toThrow('is not kept any more');
});

test('once the machine was set back to an earlier state of itself, no two logs are mixed', () => {
  const site = new KeptSite();
  const live = (...whats: Happening['what'][]) => {
    for (const what of whats) site.live({ what, seconds: 10 });
  };
  live('backup', 'post', 'tick', 'post', 'tick', 'post', 'tick');
  const again = site.snapshots.at(-2) as Snapshot;
  site.snapshots.push({ ...again, id: 'again' });
  const { replay } = chooseLatest(site.snapshots);
  expect(replay).toMatchObject({ snapshots: [site.snapshots.at(-4)?.id], to: 1 });
});
