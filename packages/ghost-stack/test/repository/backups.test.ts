import { expect, test } from 'vitest';
import { assertWhole, backupsIn, findBackup, type Snapshot } from '../../src/repository/backups.ts';

const snapshot = (id: string, ...tags: string[]): Snapshot => ({
  id,
  time: '2026-11-29T03:00:00Z',
  tags,
});
const MANIFESTS = [
  snapshot('aa1', 'run=first', 'number=1', 'whole', 'proven'),
  snapshot('bb2', 'run=killed', 'part=database'),
  snapshot('cc3', 'run=second', 'number=2', 'whole'),
  snapshot('dd4', 'run=third', 'number=3', 'whole', 'doubtful'),
];

test('only what has a manifest is a backup, in the order of its numbers', () => {
  const backups = backupsIn([...MANIFESTS].reverse());
  expect(backups.map(({ run }) => run)).toEqual(['first', 'second', 'third']);
  expect(backups[0]).toMatchObject({ isProven: true, isDoubtful: false });
});

test('the latest is the newest that does not look as if something were missing', () => {
  const backups = backupsIn(MANIFESTS);
  expect(findBackup(backups).run).toBe('second');
  expect(findBackup(backups, 'third').run).toBe('third');
  expect(findBackup(backups, 'aa').run).toBe('first');
  expect(() => findBackup(backups, 'killed')).toThrow('There is no backup "killed".');
  expect(() => findBackup([])).toThrow('There is no whole backup there.');
});

test('a backup that lacks a part is named before anything is touched', () => {
  const manifest = {
    version: 1 as const,
    run: 'second',
    startedAt: '2026-11-29T03:00:00Z',
    endedAt: '2026-11-29T03:01:00Z',
    images: {},
    parts: ['bb2', 'ee5'].map((id) => ({
      name: `part ${id}`,
      snapshot: id,
      takenAt: '2026-11-29T03:00:00Z',
      rows: {},
    })),
  };
  expect(() => assertWhole(manifest, MANIFESTS)).toThrow('second lacks part ee5.');
});
