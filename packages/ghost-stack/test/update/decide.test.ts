import { expect, test } from 'vitest';
import { decide, policiesIn } from '../../src/update/decide.ts';
import type { TagLook } from '../../src/update/newest-images.ts';

const NONE = { refused: new Set<string>() };

const newer = (look: Partial<TagLook> = {}): TagLook => ({
  name: 'ghost',
  tag: 'ghost:6-alpine',
  isPinned: false,
  digest: 'sha256:new',
  isNewer: true,
  isForeign: false,
  runs: '6.65.0',
  newest: '6.66.0',
  ...look,
});

test('people are told of what is newer, and nothing is taken, unless they said otherwise', () => {
  expect(decide([newer()], '', NONE, false)).toMatchObject([{ isTaken: false }]);
  expect(decide([newer()], 'auto', NONE, false)).toMatchObject([{ isTaken: true }]);
  expect(decide([newer()], 'auto ghost=notify', NONE, false)).toMatchObject([{ isTaken: false }]);
  expect(policiesIn('ghost=pin')('mysql')).toBe('notify');
});

test('whoever asks gets what is only told of, and never what is pinned', () => {
  expect(decide([newer()], 'notify', NONE, true)).toMatchObject([{ isTaken: true }]);
  expect(decide([newer()], 'auto ghost=pin', NONE, true)).toMatchObject([{ isTaken: false }]);
  expect(decide([newer({ isPinned: true })], 'auto', NONE, true)).toMatchObject([
    { isTaken: false, why: 'It is pinned to a digest.' },
  ]);
});

test('what no program of runs here is not taken, not even for whoever asks', () => {
  expect(decide([newer({ isForeign: true })], 'auto', NONE, true)).toMatchObject([
    { isTaken: false, why: 'It is for another kind of processor.' },
  ]);
});

test.each([
  ['ghost', '6.65.0', '7.0.0', false],
  ['mysql', '8.4.5', '9.0.0', false],
  ['mysql', '8.4.5', '8.4.6', true],
  ['redis', '7.4.1', '8.0.0', true],
])('%s from %s to %s: by itself %s', (name, runs, newest, isTaken) => {
  const look = newer({ name, runs, newest });
  expect(decide([look], 'auto', NONE, false)).toMatchObject([{ isTaken }]);
  expect(decide([look], 'auto', NONE, true)).toMatchObject([{ isTaken: true }]);
});

test('what was given back before is taken again only by a person', () => {
  const earlier = { refused: new Set(['sha256:new']) };
  expect(decide([newer()], 'auto', earlier, false)).toMatchObject([{ isTaken: false }]);
  expect(decide([newer()], 'auto', earlier, true)).toMatchObject([{ isTaken: true }]);
});

test('what is the newest is not spoken of, and what no registry knows is', () => {
  expect(decide([newer({ isNewer: false })], 'auto', NONE, true)).toEqual([]);
  const unknown = newer({ digest: undefined, isNewer: false, newest: '' });
  expect(decide([unknown], 'auto', NONE, true)).toMatchObject([{ isTaken: false }]);
});
