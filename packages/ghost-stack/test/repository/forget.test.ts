import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Backup, backupsIn, type Snapshot, TAG } from '../../src/repository/backups.ts';
import { gones, reasonToKeepAll } from '../../src/repository/forget.ts';
import { tagsOfTick } from '../../src/repository/ticks.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-29T03:00:00Z');
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * DAY_MS).toISOString();

/** A run's snapshots: two parts, and the manifest where it came to its end. */
function runOf(
  name: string,
  days: number,
  { number = 1, isWhole = true, tags = [] as string[] } = {},
): Snapshot[] {
  const time = daysAgo(days);
  const parts = ['database', 'mail'].map((part) => ({
    id: `${name}-${part}`,
    time,
    tags: [TAG.run(name), TAG.part(part)],
  }));
  const manifest = {
    id: `${name}-whole`,
    time,
    tags: [TAG.run(name), TAG.number(number), TAG.whole, ...tags],
  };
  return isWhole ? [...parts, manifest] : parts;
}

test('a backup goes with all of its parts, and nothing of another', () => {
  const snapshots = [...runOf('old', 40), ...runOf('new', 1, { number: 2 })];
  const { ids, runs } = gones(snapshots, backupsIn(snapshots), new Set(['old-whole']), NOW);
  expect(runs).toEqual(['old']);
  expect(ids).toEqual(['old-database', 'old-mail', 'old-whole']);
});

test('the newest that a drill has proven stays, whatever its age', () => {
  const snapshots = [
    ...runOf('older', 500, { number: 1, tags: [TAG.proven] }),
    ...runOf('proven', 400, { number: 2, tags: [TAG.proven] }),
    ...runOf('new', 1, { number: 3 }),
  ];
  const out = new Set(['older-whole', 'proven-whole']);
  expect(gones(snapshots, backupsIn(snapshots), out, NOW).runs).toEqual(['older']);
});

test('what a killed run left goes after a day; a run that is under way is left alone', () => {
  const snapshots = [
    ...runOf('killed', 3, { isWhole: false }),
    ...runOf('new', 1),
    ...runOf('now', 0, { isWhole: false }),
  ];
  const { ids } = gones(snapshots, backupsIn(snapshots), new Set(), NOW);
  expect(ids).toEqual(['killed-database', 'killed-mail']);
});

/** A tick: the file of the log that it begins with, and which tick has its copy of the mail. */
function tickOf(run: string, number: number, days: number, from: number, mail: number): Snapshot {
  const moment = new Date(daysAgo(days));
  const kept = { run, log: 'log', number, moment, from, to: number, copies: { mail } };
  return { id: `tick${number}`, time: daysAgo(days), tags: tagsOfTick(kept) };
}

test('after a day only the last tick of each chapter stays, and those that have its copies', () => {
  const snapshots = [
    ...runOf('old', 3),
    tickOf('old', 1, 2.9, 1, 1),
    tickOf('old', 2, 2.8, 1, 2),
    tickOf('old', 3, 2.7, 1, 2),
    tickOf('old', 4, 2.6, 4, 2),
    ...runOf('new', 2, { number: 2 }),
    tickOf('new', 5, 0.9, 5, 5),
    tickOf('new', 6, 0.8, 5, 5),
  ];
  expect(gones(snapshots, backupsIn(snapshots), new Set(), NOW).ids).toEqual(['tick1']);
});

test('after a week none stays but those of the newest backup and of the newest proven one', () => {
  const snapshots = [
    ...runOf('proven', 60, { number: 1, tags: [TAG.proven] }),
    tickOf('proven', 1, 60, 1, 1),
    ...runOf('old', 50, { number: 2 }),
    tickOf('old', 2, 50, 2, 2),
    ...runOf('new', 40, { number: 3 }),
    tickOf('new', 3, 40, 3, 3),
  ];
  expect(gones(snapshots, backupsIn(snapshots), new Set(), NOW).ids).toEqual(['tick2']);
});

test('a backup that an update may go back to stays, with each moment since', () => {
  const snapshots = [
    ...runOf('before', 50),
    tickOf('before', 1, 50, 1, 1),
    tickOf('before', 2, 49.9, 1, 1),
    tickOf('before', 3, 49.8, 1, 1),
    ...runOf('new', 1, { number: 2 }),
  ];
  const out = new Set(['before-whole']);
  const backups = backupsIn(snapshots);
  expect(gones(snapshots, backups, out, NOW, ['before'])).toEqual({ ids: [], runs: [] });
  expect(gones(snapshots, backups, out, NOW).runs).toEqual(['before']);
});

test('none goes while one from before the newest is of a later time, or the newest has little in it', () => {
  const backup = (number: number, days: number, isDoubtful = false): Backup => ({
    run: String(number),
    snapshot: String(number),
    number,
    takenAt: new Date(daysAgo(days)),
    isProven: false,
    isDoubtful,
    line: undefined,
  });
  expect(reasonToKeepAll([backup(1, 3), backup(2, 2), backup(3, 1)])).toBeUndefined();
  expect(reasonToKeepAll([backup(1, 3), backup(2, 2), backup(3, 33)])).toContain('clock');
  // Of a clock that was ahead for a night: once its time has passed it is one like any other.
  expect(reasonToKeepAll([backup(1, -20), backup(2, 2), backup(3, 1)])).toContain('clock');
  expect(reasonToKeepAll([backup(1, 10), backup(2, 12), backup(3, 1)])).toBeUndefined();
  expect(reasonToKeepAll([backup(1, 3), backup(2, 2, true)])).toContain('little');
  expect(reasonToKeepAll([])).toBeUndefined();
});

test('whatever goes, the newest backup and the newest proven one are whole afterwards', () => {
  const run = fc.record({ isWhole: fc.boolean(), isProven: fc.boolean(), isOut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12 }), (runs) => {
      const snapshots = runs.flatMap(({ isWhole, isProven }, number) =>
        runOf(`run${number}`, runs.length - number, {
          number,
          isWhole,
          tags: isProven ? [TAG.proven] : [],
        }),
      );
      const backups = backupsIn(snapshots);
      const newest = backups.at(-1);
      const out = backups.filter((one) => one !== newest && runs[one.number]?.isOut);
      const { ids } = gones(snapshots, backups, new Set(out.map(({ snapshot }) => snapshot)), NOW);
      const left = snapshots.filter(({ id }) => !ids.includes(id));
      for (const kept of [newest, backups.findLast(({ isProven }) => isProven)]) {
        if (kept === undefined) continue;
        const own = left.filter(({ tags }) => tags?.includes(TAG.run(kept.run)));
        expect(own).toHaveLength(3);
      }
    }),
  );
});
