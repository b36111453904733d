import { describe, expect, test } from 'vitest';
import { readRows } from '../../src/gauges/business.ts';
import { anyRuns, believedFor, type CareNotes, readCareNotes } from '../../src/gauges/care.ts';
import { readCounters } from '../../src/gauges/pages.ts';
import { type Inspected, isWell, memoryOf } from '../../src/gauges/parts.ts';
import { pictureIn } from '../../src/gauges/questions.ts';
import { readInfo } from '../../src/gauges/redis.ts';
import { partsIn } from '../../src/gauges/wanted-parts.ts';

describe('a part', () => {
  const inspected = (State: Partial<Inspected['State']>): Inspected => ({
    RestartCount: 0,
    State: { Running: true, Restarting: false, Paused: false, ...State },
    HostConfig: { RestartPolicy: { Name: 'unless-stopped' } },
  });

  test.each([
    [{}, true],
    [{ Health: { Status: 'healthy' } }, true],
    [{ Health: { Status: 'none' } }, true],
    [{ Health: { Status: 'starting' } }, false],
    [{ Health: { Status: 'unhealthy' } }, false],
    [{ Running: false }, false],
    [{ Restarting: true }, false],
    [{ Paused: true }, false],
  ])('of which Docker says %j is well: %s', (state, expected) => {
    expect(isWell(inspected(state))).toBe(expected);
  });

  test('takes what the system cannot drop at once, by either version of cgroups', () => {
    const stats = (more: Record<string, number>) => ({ memory_stats: { usage: 100, stats: more } });
    expect(memoryOf(stats({ total_inactive_file: 30, inactive_file: 1 }))).toBe(70);
    expect(memoryOf(stats({ inactive_file: 40 }))).toBe(60);
    expect(memoryOf(stats({ inactive_file: 140 }))).toBe(100);
    expect(memoryOf({})).toBe(0);
  });

  test('is wanted when it was chosen and does not end by itself', () => {
    const services = { setup: { restart: 'no' }, mail: { scale: 0 }, ghost: { restart: 'always' } };
    expect(partsIn({ services })).toEqual(['ghost']);
  });
});

test('Redis says what it has and what it lacked', () => {
  const info = '# Memory\r\nused_memory:1024\r\nmaxmemory:4096\r\n# Stats\r\nkeyspace_hits:3\r\n';
  expect(readInfo(info)).toEqual({
    prosora_redis_up: 1,
    prosora_redis_memory_bytes: 1024,
    prosora_redis_memory_limit_bytes: 4096,
    prosora_redis_hits_total: 3,
  });
  expect(() => readInfo('NOAUTH Authentication required.')).toThrow();
});

test('Varnish says what it keeps', () => {
  const counters = { 'MAIN.cache_hit': { value: 7 }, 'SMA.s0.g_space': { value: 64 } };
  expect(readCounters(JSON.stringify({ version: 1, counters }))).toEqual({
    prosora_pages_hits_total: 7,
    prosora_pages_memory_free_bytes: 64,
  });
});

describe('what was noted', () => {
  const at = '2026-11-30T00:00:00.000Z';
  const seconds = Date.parse(at) / 1_000;
  const update = {
    ...{ number: 1, beganAt: at, step: 'watching' as const, changes: [], settings: {} },
    endedAt: at,
    outcome: 'taken' as const,
  };
  const read = (notes: Partial<CareNotes>) =>
    readCareNotes({
      backups: {},
      tasks: { ended: {} },
      updates: [],
      waiting: [],
      isRunning: false,
      ...notes,
    });

  test('of nothing is no time', () => {
    expect(read({})).toEqual({
      prosora_backup_damaged: 0,
      prosora_task_end_seconds: ['task', new Map()],
      prosora_task_failed: ['task', new Map()],
      prosora_update_failed: 0,
      prosora_updates_waiting: 0,
      prosora_care_running: 0,
    });
  });

  test('of backups and jobs is when, and whether they failed', () => {
    const ended = { backup: { at }, drill: { at, failure: 'It failed.' } };
    const backups = { since: at, newest: { run: '1', at }, proven: { run: '1', at }, damage: 'x' };
    expect(read({ backups, tasks: { ended } })).toMatchObject({
      prosora_backup_first_seconds: seconds,
      prosora_backup_newest_seconds: seconds,
      prosora_backup_proven_seconds: seconds,
      prosora_backup_damaged: 1,
      prosora_task_end_seconds: [
        'task',
        new Map([
          ['backup', seconds],
          ['drill', seconds],
        ]),
      ],
      prosora_task_failed: [
        'task',
        new Map([
          ['backup', 0],
          ['drill', 1],
        ]),
      ],
    });
  });

  test.each([
    ['taken', { ...update }, false, 0],
    ['undone', { ...update, outcome: 'undone' as const }, false, 1],
    ['a way back on purpose', { ...update, outcome: 'undone' as const, undoes: [1] }, false, 0],
    ['refused before the site was touched', { ...update, outcome: 'refused' as const }, false, 0],
    ['cut off', { ...update, endedAt: undefined, outcome: undefined }, false, 1],
    ['under way', { ...update, endedAt: undefined, outcome: undefined }, true, 0],
  ])(
    'of an update that is %s says whether a person has to look',
    (_how, { endedAt, ...rest }, isRunning, failed) => {
      const updates = [{ ...rest, ...(endedAt && { endedAt }) }];
      expect(read({ updates, isRunning })).toMatchObject({ prosora_update_failed: failed });
    },
  );
});

test('what mutes alerts is believed for a while, and anew after it was over', () => {
  let nowMs = 5;
  const believed = believedFor(10, () => nowMs);
  expect(believed(true)).toBe(true);
  nowMs = 15;
  expect(believed(true)).toBe(true);
  nowMs = 16;
  expect(believed(true)).toBe(false);
  expect(believed(false)).toBe(false);
  expect(believed(true)).toBe(true);
});

test('a rehearsal that failed, and stays to be looked at, mutes nothing', () => {
  expect(anyRuns([{ State: 'exited' }, { State: 'running' }])).toBe(true);
  expect(anyRuns([{ State: 'exited' }, { State: 'created' }])).toBe(false);
});

test('the picture of a page is one of the site, and a size of it where there is one', () => {
  const page = new URL('https://blog.example/');
  const find = (html: string) => pictureIn(html, page)?.href;
  expect(find('<img src="https://elsewhere.example/content/images/1.jpg">')).toBeUndefined();
  expect(find('<img src="/content/images/2026/1.jpg">')).toBe(
    'https://blog.example/content/images/2026/1.jpg',
  );
  const sizes = 'https://blog.example/content/images/size/w600/2026/1.jpg';
  expect(
    find(
      `<meta content="https://blog.example/content/images/1.jpg"><img srcset="${sizes} 600w, x">`,
    ),
  ).toBe(sizes);
});

test('rows are figures, and a status that nobody has is 0', () => {
  const printed =
    'prosora_members\tfree\t3\nprosora_mrr_minor_units\tusd\t500\nprosora_newsletters_sent_30d\t\t2\n';
  expect(readRows(printed)).toEqual({
    prosora_members: [
      'status',
      new Map([
        ['free', 3],
        ['paid', 0],
        ['comped', 0],
        ['gift', 0],
      ]),
    ],
    prosora_mrr_minor_units: ['currency', new Map([['usd', 500]])],
    prosora_newsletters_sent_30d: 2,
  });
});
