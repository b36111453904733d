import { expect, test } from 'vitest';
import { wayBack } from '../../src/update/roll-back.ts';
import type { Change, Update } from '../../src/update/update-notes.ts';

const change = (reference: string, former: string, next: string): Change => ({
  reference,
  former,
  next,
  services: [reference],
  from: former,
  to: next,
});

const taken = (number: number, changes: Change[], more: Partial<Update> = {}): Update => ({
  number,
  beganAt: `2026-11-${number}T04:15:00Z`,
  step: 'watching',
  changes,
  settings: {},
  endedAt: `2026-11-${number}T04:30:00Z`,
  outcome: 'taken',
  ...more,
});

test('the way back is from the newest that is in place', () => {
  const updates = [
    taken(1, [change('redis', 'a', 'b')]),
    taken(2, [change('redis', 'b', 'c')]),
    taken(3, [change('redis', 'c', 'd')], { outcome: 'undone' }),
  ];
  expect(wayBack(updates, undefined)).toMatchObject({
    number: 4,
    undoes: [2],
    changes: [{ former: 'b' }],
  });
});

test('from before an earlier one, each name means what it meant before all of them', () => {
  const updates = [
    taken(1, [change('redis', 'a', 'b')]),
    taken(2, [change('redis', 'b', 'c'), change('ghost', 'x', 'y')], {
      rehearsal: { bootMs: 1, migrates: true },
      backup: 'run-2',
      migrations: 'as before 2',
    }),
    taken(3, [change('ghost', 'y', 'z')], { backup: 'run-3' }),
  ];
  const way = wayBack(updates, 1);
  expect(way).toMatchObject({ undoes: [1, 2, 3], backup: 'run-2', migrations: 'as before 2' });
  expect(way.changes).toMatchObject([
    { reference: 'ghost', former: 'x', next: 'z' },
    { reference: 'redis', former: 'a', next: 'c' },
  ]);
});

test('one that was given back is not given back again', () => {
  const updates = [
    taken(1, [change('redis', 'a', 'b')]),
    taken(2, [change('redis', 'a', 'b')], { outcome: 'undone', undoes: [1] }),
  ];
  expect(() => wayBack(updates, undefined)).toThrow('No update is in place.');
  expect(() => wayBack(updates, 1)).toThrow('There is no way back from update 1.');
});
