import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rememberEnded } from '../../src/database/ended-names.ts';

const TABLE = 'events';

test('a part of a range that is there is there, and what reaches beyond it is not', () => {
  const names = rememberEnded([], 100);
  names.add(TABLE, 'spool:1:100-200');
  for (const part of ['100-200', '100-150', '150-200', '120-130']) {
    expect(names.has(TABLE, `spool:1:${part}`), part).toBe(true);
  }
  for (const other of ['90-150', '150-201', '0-100', '200-300']) {
    expect(names.has(TABLE, `spool:1:${other}`), other).toBe(false);
  }
  expect(names.has(TABLE, 'spool:2:100-150'), 'another file').toBe(false);
  expect(names.has('automation_run_events', 'spool:1:100-150'), 'another table').toBe(false);
});

test('a name without a range is known by itself alone', () => {
  const names = rememberEnded([], 100);
  for (const name of ['import:2026-11', 'log:0-3', 'log:5-5']) names.add(TABLE, name);
  for (const other of ['import:2026-12', 'import:2026-10', 'log:2-2', 'log:3-3']) {
    expect(names.has(TABLE, other), other).toBe(false);
  }
  expect(names.has(TABLE, 'log:5-5')).toBe(true);
  names.add(TABLE, 'backfill-1a2b');
  expect(names.has(TABLE, 'backfill-1a2b')).toBe(true);
  expect(names.has(TABLE, 'backfill-1a2')).toBe(false);
});

test('the oldest names are forgotten, with their ranges, also over a start', () => {
  const names = rememberEnded([], 2);
  for (const name of ['s:0-10', 's:10-20', 's:10-20', 's:20-30']) names.add(TABLE, name);
  const again = rememberEnded(names.lines(), 2);
  for (const known of [names, again]) {
    expect(known.has(TABLE, 's:2-3')).toBe(false);
    expect(known.has(TABLE, 's:12-13')).toBe(true);
    expect(known.has(TABLE, 's:22-23')).toBe(true);
  }
});

test('whatever was added and not forgotten holds exactly its parts', () => {
  const range = fc
    .tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]) => ({ from, to: from + length }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 12 }),
      range,
      fc.integer({ min: 1, max: 6 }),
      (added, asked, most) => {
        const names = rememberEnded([], most);
        let kept: typeof added = [];
        for (const one of added) {
          names.add(TABLE, `s:${one.from}-${one.to}`);
          const isKnown = kept.some(({ from, to }) => from === one.from && to === one.to);
          // One that was forgotten is new when it comes again.
          if (!isKnown) kept = [...kept, one].slice(-most);
        }
        const bytes = Array.from({ length: asked.to - asked.from }, (_, at) => asked.from + at);
        const isPart = bytes.every((at) => kept.some(({ from, to }) => from <= at && at < to));
        expect(names.has(TABLE, `s:${asked.from}-${asked.to}`)).toBe(isPart);
      },
    ),
  );
});
