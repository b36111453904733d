import { expect, test } from 'vitest';
import { type DiskLook, daysLeft } from '../../src/doctor/examine-disk.ts';

const look = (at: string, free: number): DiskLook => ({ at, free, volumes: {} });

test('a disk that lost 10 of 40 in two days lasts six more', () => {
  const looks = [
    look('2026-11-01T00:00Z', 40),
    look('2026-11-02T12:00Z', 31),
    look('2026-11-03T00:00Z', 30),
  ];
  expect(daysLeft(looks)).toBe(6);
});

test.each([
  ['no look', []],
  ['one look', [look('2026-11-01T00:00Z', 40)]],
  ['looks of one day', [look('2026-11-01T00:00Z', 40), look('2026-11-01T20:00Z', 10)]],
  ['a disk that gets emptier', [look('2026-11-01T00:00Z', 40), look('2026-11-09T00:00Z', 41)]],
])('%s tells nothing of the future', (_, looks) => {
  expect(daysLeft(looks)).toBeUndefined();
});
