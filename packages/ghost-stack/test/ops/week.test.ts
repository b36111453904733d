import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { doWhatIsDue } from '../../src/ops/do-what-is-due.ts';
import { openNotes } from '../../src/ops/job-notes.ts';
import { outcomeOf } from '../../src/ops/run-job.ts';
import { jobsOf } from '../../src/ops/timetable.ts';
import { decide } from '../../src/update/decide.ts';
import { refusedIn, type Update } from '../../src/update/update-notes.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A service looks each second; what is due waits for it. */
const LOOK_MS = 15 * MINUTE_MS;
const MONDAY = Date.parse('2026-11-30T00:00:30Z');
const TIMES = {
  timeZone: 'UTC',
  backupAt: '03:15',
  backupEvery: 'off',
  verifyAt: 'wed 04:45',
  drillAt: 'sun 04:45',
  updateAt: '04:15',
};
const TAKES_MINUTES: Record<string, number> = { backup: 9, verify: 20, drill: 15, update: 25 };
const BUSY = outcomeOf(1, '{"error": {"code": "BUSY", "message": "A newsletter is on its way."}}');
const WELL = outcomeOf(0, '{}');

/** What a registry has from a time on, by the name in `x-images`. */
interface Push {
  name: string;
  from: number;
  version: string;
  isBad?: boolean;
}

const at = (day: number, hour: number): number => MONDAY + day * DAY_MS + hour * 60 * MINUTE_MS;

const never = (_now: number): boolean => false;

/** What ran, and which versions: a week of a site that has `ghost` 6.65.0 and `mysql` 8.4.0 at first. */
async function aWeek(
  pushes: readonly Push[],
  { policies = 'auto', isOff = never, isBusy = never } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-week-'));
  const jobs = jobsOf(TIMES);
  const runs: { job: string; begunAt: number; endedAt: number }[] = [];
  const updates: Update[] = [];
  const running: Record<string, string> = { ghost: '6.65.0', mysql: '8.4.0' };

  const look = (name: string) => {
    const newest = pushes.filter((push) => push.name === name && push.from <= Date.now()).at(-1);
    const version = newest?.version ?? running[name] ?? '';
    return {
      name,
      tag: `${name}:tag`,
      isPinned: false,
      digest: `sha256:${name}-${version}`,
      isNewer: version !== running[name],
      isForeign: false,
      runs: running[name] ?? '',
      newest: version,
    };
  };
  const update = () => {
    const looks = Object.keys(running).map(look);
    const refused = refusedIn(updates);
    for (const { look: of, isTaken } of decide(looks, policies, { refused }, false)) {
      if (!isTaken) continue;
      const isBad = pushes.some((push) => push.version === of.newest && push.isBad);
      const change = { reference: of.tag, former: of.runs, next: of.newest, digest: of.digest };
      updates.push({
        number: updates.length + 1,
        beganAt: new Date().toISOString(),
        step: 'watching',
        changes: [{ ...change, services: [of.name], from: of.runs, to: of.newest }],
        settings: {},
        endedAt: new Date().toISOString(),
        outcome: isBad ? 'undone' : 'taken',
        ...(isBad && { code: 'NOT_HEALTHY' }),
      });
      if (!isBad) running[of.name] = of.newest;
    }
  };

  openNotes(dir, jobs, new Date());
  while (Date.now() < MONDAY + 7 * DAY_MS) {
    vi.setSystemTime(Date.now() + LOOK_MS);
    if (isOff(Date.now())) continue;
    // By a service that may have been started anew since.
    await doWhatIsDue(jobs, openNotes(dir, jobs, new Date()), async ({ job }) => {
      if (job === 'update' && isBusy(Date.now())) return BUSY;
      const begunAt = Date.now();
      if (job === 'update') update();
      vi.setSystemTime(begunAt + (TAKES_MINUTES[job] ?? 0) * MINUTE_MS);
      runs.push({ job, begunAt, endedAt: Date.now() });
      return WELL;
    });
  }
  const of = (job: string) => runs.filter((run) => run.job === job);
  return { of, running, updates };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: MONDAY }));
afterEach(() => void vi.useRealTimers());

const daysOf = (runs: readonly { begunAt: number }[]): number[] =>
  runs.map(({ begunAt }) => Math.floor((begunAt - MONDAY) / DAY_MS));

test('each night has a backup and behind it a look for updates, Wednesday a check and Sunday a drill', async () => {
  const { of } = await aWeek([]);
  const week = [0, 1, 2, 3, 4, 5, 6];
  expect([daysOf(of('backup')), daysOf(of('update'))]).toEqual([week, week]);
  expect([daysOf(of('verify')), daysOf(of('drill'))]).toEqual([[2], [6]]);
  for (const [night, { begunAt }] of of('update').entries()) {
    expect(begunAt).toBeGreaterThanOrEqual(of('backup')[night]?.endedAt ?? Number.NaN);
  }
});

test('what is pushed by day is taken the next night, and what fails is tried once, until there is another', async () => {
  const { running, updates } = await aWeek([
    { name: 'ghost', from: at(0, 12), version: '6.66.0' },
    { name: 'ghost', from: at(1, 12), version: '6.67.0', isBad: true },
    { name: 'ghost', from: at(4, 12), version: '6.67.1' },
  ]);
  expect(updates.map(({ changes, outcome }) => [changes[0]?.to, outcome])).toEqual([
    ['6.66.0', 'taken'],
    ['6.67.0', 'undone'],
    ['6.67.1', 'taken'],
  ]);
  expect(running['ghost']).toBe('6.67.1');
});

test('no night takes a new major version, or what is only to be told', async () => {
  const pushes = [
    { name: 'ghost', from: at(1, 12), version: '7.0.0' },
    { name: 'mysql', from: at(2, 12), version: '8.4.1' },
  ];
  const { running } = await aWeek(pushes, { policies: 'auto mysql=notify' });
  expect(running).toEqual({ ghost: '6.65.0', mysql: '8.4.0' });
});

test('a newsletter, and a machine that is off at night, put it off and lose nothing', async () => {
  const pushes = [{ name: 'ghost', from: at(0, 12), version: '6.66.0' }];
  const isOff = (now: number) => now > at(1, 2) && now < at(1, 7);
  const isBusy = (now: number) => now > at(1, 7) && now < at(1, 9);
  const { of, updates } = await aWeek(pushes, { isOff, isBusy });
  expect(updates).toHaveLength(1);
  expect(Date.parse(updates[0]?.beganAt ?? '')).toBeGreaterThan(at(1, 9));
  expect(daysOf(of('update'))).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
