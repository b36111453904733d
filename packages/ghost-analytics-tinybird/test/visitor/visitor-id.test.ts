import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openMidnightVisitors } from '../../src/visitor/midnight-visitors.ts';
import { openSalts } from '../../src/visitor/salts.ts';
import { createVisitorId } from '../../src/visitor/visitor-id.ts';
import { FIREFOX, OTHER_SITE, SITE } from '../fixtures/hits.ts';

const MINUTE_MS = 60_000;

/** Visitor ids with a clock that the test sets; `restart` is a new process on the same folder. */
function visitorsOf(start: string, timeZone = 'UTC') {
  const file = join(mkdtempSync(join(tmpdir(), 'prosora-salts-')), 'salts.json');
  let nowMs = Date.parse(start);
  let damages = 0;
  const open = () =>
    createVisitorId(
      openSalts({
        file,
        timeZone,
        now: () => nowMs,
        onDamage: () => {
          damages += 1;
        },
      }),
      openMidnightVisitors(join(dirname(file), 'midnight-visitors')),
    );
  let idOf = open();
  return {
    file,
    at(time: string) {
      nowMs = Date.parse(time);
    },
    restart() {
      idOf = open();
    },
    /** One more process on the folder, with the same clock. */
    another() {
      const other = open();
      return () => other({ site_uuid: SITE, address: '203.0.113.7', userAgent: FIREFOX });
    },
    id: (values = {}) =>
      idOf({ site_uuid: SITE, address: '203.0.113.7', userAgent: FIREFOX, ...values }),
    get damages() {
      return damages;
    },
  };
}

test('an id is 22 characters, the same all day, through restarts and across the site name’s case', () => {
  const visitors = visitorsOf('2026-09-01T00:00:01Z');
  const id = visitors.id();
  expect(id).toMatch(/^[\w-]{22}$/);
  visitors.restart();
  visitors.at('2026-09-01T23:59:59Z');
  expect(visitors.id({ site_uuid: SITE.toUpperCase() })).toBe(id);
});

test('an id is half of the SHA-256 that the salt of the day is part of', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), (userAgent, address) => {
      const id = visitors.id({ userAgent, address });
      const { salt } = JSON.parse(readFileSync(visitors.file, 'utf8'));
      const text = `${salt}\n${SITE}\n${address}\n${userAgent}`;
      const digest = createHash('sha256').update(text).digest('base64url');
      expect(id).toBe(digest.slice(0, 22));
    }),
  );
});

test('another site, address or browser is another visitor', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  const others = [{ site_uuid: OTHER_SITE }, { address: '203.0.113.8' }, { userAgent: 'x' }];
  expect(new Set([{}, ...others].map((values) => visitors.id(values))).size).toBe(4);
});

test('the parts of a visitor cannot be shifted into one another', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
      fc.pre(a !== c || b !== d);
      const one = visitors.id({ address: a, userAgent: b });
      expect(visitors.id({ address: c, userAgent: d })).not.toBe(one);
    }),
  );
});

test('a visit that runs over midnight keeps its id for the grace, and no one else does', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  const noon = visitors.id({ address: '203.0.113.8' });
  visitors.at('2026-09-01T23:45:00Z');
  const late = visitors.id();
  visitors.at('2026-09-02T00:10:00Z');
  expect(visitors.id()).toBe(late);
  expect(visitors.id({ address: '203.0.113.8' })).not.toBe(noon);
  visitors.at('2026-09-02T00:41:00Z');
  expect(visitors.id()).not.toBe(late);
});

test('a day of 23 hours ends in a grace like any other', () => {
  // In Berlin 2026-03-29 ends at 22:00 UTC.
  const visitors = visitorsOf('2026-03-29T21:50:00Z', 'Europe/Berlin');
  const late = visitors.id();
  visitors.at('2026-03-29T22:05:00Z');
  expect(visitors.id()).toBe(late);
  visitors.at('2026-03-29T22:30:00Z');
  expect(visitors.id()).not.toBe(late);
});

test('the grace counts from midnight, not from a process that starts within it', () => {
  const visitors = visitorsOf('2026-09-01T23:45:00Z');
  const late = visitors.id();
  visitors.at('2026-09-02T00:29:30Z');
  visitors.restart();
  expect(visitors.id()).toBe(late);
  visitors.at('2026-09-02T00:30:00Z');
  expect(visitors.id()).not.toBe(late);
  expect(JSON.parse(readFileSync(visitors.file, 'utf8')).previous).toBeUndefined();
});

test('a restart in the grace, or a crash before the new salt is kept, leaves a visit over midnight one', () => {
  const visitors = visitorsOf('2026-09-01T23:45:00Z');
  const late = visitors.id();
  // What a crash in mid-rotation leaves: a draft that never got its name.
  writeFileSync(`${visitors.file}.draft`, '{"day":"2026-09-02","sa');
  visitors.at('2026-09-02T00:01:00Z');
  visitors.restart();
  expect(visitors.id()).toBe(late);
  visitors.restart();
  visitors.at('2026-09-02T00:20:00Z');
  expect(visitors.id()).toBe(late);
  visitors.at('2026-09-02T00:45:00Z');
  const next = visitors.id();
  visitors.restart();
  expect(visitors.id()).toBe(next);
  expect(existsSync(join(dirname(visitors.file), 'midnight-visitors'))).toBe(false);
});

test('two processes on one folder know a visitor by one id, before, over and after midnight', () => {
  const visitors = visitorsOf('2026-09-01T23:20:00Z');
  const other = visitors.another();
  const first = visitors.id();
  expect(other()).toBe(first);
  visitors.at('2026-09-01T23:50:00Z');
  // Only the one saw the visitor shortly before midnight, and both change the salt.
  expect(other()).toBe(first);
  visitors.at('2026-09-02T00:00:01Z');
  expect([visitors.id(), other()]).toEqual([first, first]);
  visitors.at('2026-09-02T00:31:00Z');
  expect(visitors.id()).toBe(other());
  expect(visitors.id()).not.toBe(first);
});

test('the salt of yesterday is on disk for the grace only; the file is for its owner alone', () => {
  const visitors = visitorsOf('2026-09-01T23:45:00Z');
  visitors.id();
  const saltOfDay = JSON.parse(readFileSync(visitors.file, 'utf8')).salt;
  expect(statSync(visitors.file).mode & 0o777).toBe(0o600);
  visitors.at('2026-09-02T00:05:00Z');
  visitors.id();
  expect(JSON.parse(readFileSync(visitors.file, 'utf8')).previous.salt).toBe(saltOfDay);
  visitors.at('2026-09-02T00:36:00Z');
  visitors.id();
  expect(readFileSync(visitors.file, 'utf8')).not.toContain(saltOfDay);
});

test('a process that slept over midnight drops the salt it finds', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  visitors.id();
  visitors.at('2026-09-02T08:00:00Z');
  visitors.restart();
  visitors.id();
  expect(JSON.parse(readFileSync(visitors.file, 'utf8')).previous).toBeUndefined();
});

test("midnight is the site's", () => {
  const visitors = visitorsOf('2026-09-01T20:00:00Z', 'Asia/Tokyo');
  const id = visitors.id();
  visitors.at('2026-09-02T10:00:00Z');
  expect(visitors.id()).toBe(id);
  visitors.at('2026-09-02T15:30:00Z');
  expect(visitors.id()).not.toBe(id);
});

test('a process that is minutes behind at midnight draws no third salt', () => {
  const visitors = visitorsOf('2026-09-02T00:00:05Z');
  const id = visitors.id();
  visitors.at('2026-09-01T23:55:00Z');
  expect(visitors.id()).toBe(id);
});

test('a salt of a day to come, as a wrong clock left it, is not the salt of today', () => {
  const visitors = visitorsOf('2099-09-02T23:50:00Z');
  const wrong = visitors.id();
  visitors.at('2099-09-03T00:10:00Z');
  expect(visitors.id()).toBe(wrong);
  visitors.at('2026-09-01T12:00:00Z');
  const today = visitors.id();
  expect(today).not.toBe(wrong);
  expect(JSON.parse(readFileSync(visitors.file, 'utf8')).previous).toBeUndefined();
  visitors.at('2026-09-02T12:00:00Z');
  expect(visitors.id()).not.toBe(today);
});

test('a damaged file is told and begun anew', () => {
  const visitors = visitorsOf('2026-09-01T12:00:00Z');
  const id = visitors.id();
  writeFileSync(visitors.file, '{"day":');
  visitors.restart();
  expect(visitors.id()).not.toBe(id);
  expect(visitors.damages).toBe(1);
});

test('at any times in any order an id is well formed and yesterday’s salt never outlives the grace', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4 * 24 * 60), { maxLength: 30 }), (minutes) => {
      const visitors = visitorsOf('2026-09-01T00:00:00Z');
      for (const minute of minutes) {
        const at = Date.parse('2026-09-01T00:00:00Z') + minute * MINUTE_MS;
        visitors.at(new Date(at).toISOString());
        expect(visitors.id()).toMatch(/^[\w-]{22}$/);
        const { previous } = JSON.parse(readFileSync(visitors.file, 'utf8'));
        if (previous) expect(previous.untilMs).toBeGreaterThan(at);
      }
    }),
    { numRuns: 20 },
  );
});
