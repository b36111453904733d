import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ago, lasted, localOf, momentOf, when } from '../../src/look/time.ts';

const ZONE = 'Europe/Berlin';

beforeAll(() => void vi.setSystemTime('2026-12-01T14:30:00Z'));
afterAll(() => void vi.useRealTimers());

test('a moment is shown in the zone of the site, with all of it in its title', () => {
  expect(when('2026-12-01T13:03:20.000Z', ZONE).text).toBe(
    '<time datetime="2026-12-01T13:03:20.000Z" title="Tuesday, 1 December 2026 at 14:03:20 CET">1 Dec, 14:03</time>',
  );
  expect(when('2026-07-01T22:30:00Z', ZONE).text).toContain('>2 Jul, 00:30<');
});

test('a moment of another year has its year, which is that of the zone', () => {
  expect(when('2025-12-01T13:03:20Z', ZONE).text).toContain('>1 Dec 2025, 14:03<');
  expect(when('2025-12-31T23:30:00Z', ZONE).text).toContain('>1 Jan, 00:30<');
});

test.each([null, undefined, '', 'no time'])('what is no moment is a dash: %o', (none) => {
  expect(when(none, ZONE).text).toBe('–');
});

test.each([
  ['2026-12-01T14:03', '2026-12-01T13:03:00.000Z'],
  ['2026-07-01T14:03', '2026-07-01T12:03:00.000Z'],
  // The hour that comes twice: the first of the two.
  ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T03:30', '2026-10-25T02:30:00.000Z'],
  // The hour that does not come.
  ['2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
])('what somebody in Berlin means by %s is %s', (local, moment) => {
  expect(momentOf(local, ZONE)).toBe(moment);
});

test('what is no time is handed on, for the service to refuse by name', () => {
  expect(momentOf('yesterday', ZONE)).toBe('yesterday');
  expect(momentOf('2026-99-01T00:00', ZONE)).toBe('2026-99-01T00:00');
  expect(momentOf('2026-12-01T13:03:00Z', ZONE)).toBe('2026-12-01T13:03:00Z');
  expect(momentOf('', ZONE)).toBe(undefined);
});

test('a field shows the moment that it was given', () => {
  expect(localOf('2026-12-01T13:03:20Z', ZONE)).toBe('2026-12-01T14:03');
  expect(momentOf(localOf('2026-07-01T12:03:00Z', ZONE), ZONE)).toBe('2026-07-01T12:03:00.000Z');
  expect(localOf('yesterday', ZONE)).toBe('yesterday');
  const last = '+275760-09-13T00:00:00.000Z';
  expect(localOf(last, ZONE)).toBe(last);
});

test('a stretch of time is told in its largest unit', () => {
  expect([999, 61_000, 7_200_000, 172_800_000].map(lasted)).toEqual(['0 s', '1 min', '2 h', '2 d']);
  expect(ago('2026-12-01T08:00:00Z', Date.parse('2026-12-01T14:30:00Z'))).toBe('6 h ago');
  expect(ago('2026-12-01T15:00:00Z', Date.parse('2026-12-01T14:30:00Z'))).toBe('0 s ago');
});
