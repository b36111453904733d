import { expect, test } from 'vitest';
import { doubtsOf } from '../../src/backup/take-backup.ts';
import type { Manifest } from '../../src/repository/manifest.ts';

const withRows = (rows: Record<string, number>): Manifest => ({
  version: 1,
  run: 'one',
  startedAt: '2026-11-29T03:00:00Z',
  endedAt: '2026-11-29T03:01:00Z',
  images: {},
  parts: [{ name: 'database', snapshot: 'a', takenAt: '2026-11-29T03:00:30Z', rows }],
});

test('a table that lost more than half of its rows since the backup before is doubted, an empty volume first of all', () => {
  const former = withRows({ posts: 120, members: 5_000, tags: 40 });
  expect(doubtsOf(withRows({ posts: 119, members: 2_600, tags: 1 }), former)).toEqual([]);
  expect(doubtsOf(withRows({ posts: 59, members: 5_000 }), former)).toEqual([
    'posts fell from 120 to 59',
  ]);
  expect(doubtsOf(withRows({}), former)).toEqual([
    'posts fell from 120 to 0',
    'members fell from 5000 to 0',
  ]);
});

test('a volume that is empty, or lacks a store that it had, is doubted', () => {
  const withPart = (name: string, bytes: number, rows: Record<string, number> = {}): Manifest => ({
    ...withRows({}),
    parts: [{ name, snapshot: 'a', takenAt: '2026-11-29T03:00:30Z', rows, bytes }],
  });
  const content = withPart('content', 9_000);
  expect(doubtsOf(withPart('content', 8), content)).toEqual([]);
  expect(doubtsOf(withPart('content', 0), content)).toEqual(['content is empty']);
  const mail = withPart('mail', 9_000, { 'mail.db/mail': 5, 'lane-2/spool.db/row': 1 });
  expect(doubtsOf(withPart('mail', 9_000, { 'mail.db/other': 0 }), mail)).toEqual([]);
  expect(doubtsOf(withPart('mail', 40), mail)).toEqual(['mail has no mail.db any more']);
});

test('a young site may lose its few posts', () => {
  expect(doubtsOf(withRows({ posts: 1 }), withRows({ posts: 9 }))).toEqual([]);
});
