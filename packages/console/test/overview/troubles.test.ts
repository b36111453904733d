import { expect, test } from 'vitest';
import type { Overlook } from '../../src/overview/look-over.ts';
import { overviewPage } from '../../src/overview/overview-page.ts';
import { rowsOf } from '../../src/overview/rows.ts';
import { sentenceOf, troublesOf } from '../../src/overview/troubles.ts';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS - 1_000).toISOString();
const ready = { isReady: true, failures: [], metrics: [] };

/** A site with everything well, but for what is given. */
function overlook(changes: Partial<Record<keyof Overlook, unknown>> = {}): Overlook {
  const disk = { disk: '/' };
  const metrics = [
    { name: 'prosora_part_up', labels: { part: 'db' }, value: 1 },
    { name: 'prosora_disk_bytes', labels: disk, value: 100e9 },
    { name: 'prosora_disk_free_bytes', labels: disk, value: 55e9 },
  ];
  const backups = {
    newest: { run: 'b2', at: hoursAgo(1) },
    proven: { run: 'b1', at: hoursAgo(6) },
  };
  const past = { requests: 9, errors: 9, within: {}, readers: { requests: 1_200, errors: 3 } };
  return {
    ops: { value: { ...ready, metrics, backups, jobs: [], running: null } },
    alerts: { value: { items: [] } },
    edge: { value: { past } },
    mail: {
      value: { ...ready, chunks: {}, oldestWaitingAt: null, alarms: [], heldUntil: null },
    },
    payments: {
      value: {
        ...ready,
        events: 12,
        deliveries: { done: 12 },
        held: {},
        oldestPending: null,
        clock: null,
      },
    },
    visits: { value: { ...ready, spools: [], clock: null } },
    ...changes,
  } as Overlook;
}

const sentence = (of: Overlook) => sentenceOf(of, troublesOf(of, rowsOf(of)));
const sentences = (of: Overlook) => troublesOf(of, rowsOf(of)).map((trouble) => trouble.sentence);

test('when everything is well one sentence says so, and how old the proof is', () => {
  expect(sentence(overlook())).toBe('Everything is well. Last proven backup 6 h ago.');
  expect(sentence({ mail: overlook().mail } as Overlook)).toBe('Everything is well.');
});

test('every part that the site has is a line, and no other', () => {
  const names = (of: Overlook) => rowsOf(of).map(({ name }) => name);
  expect(names(overlook())).toEqual([
    'Site',
    'Mail',
    'Payments',
    'Visits',
    'Database',
    'Backups',
    'Updates',
    'Disk',
  ]);
  expect(names({ visits: overlook().visits } as Overlook)).toEqual(['Visits']);
});

test('the numbers of the site are those that readers got', () => {
  const [site] = rowsOf(overlook());
  expect(site?.said).toBe('1,200 requests in an hour, 3 errors.');
});

test('what wakes somebody stands first, with the command that shows more', () => {
  const alert = { name: 'X', command: './prosora logs mail', runbook: '', since: hoursAgo(1) };
  const items = [
    { ...alert, severity: 'note', summary: 'Mail waits.' },
    { ...alert, severity: 'page', summary: 'The site is down.' },
  ];
  const of = overlook({ alerts: { value: { items } } });
  expect(sentences(of)).toEqual(['The site is down.', 'Mail waits.']);
  const { text } = overviewPage(of, 'UTC').body;
  expect(text.indexOf('2 things are not as they should be.')).toBeLessThan(text.indexOf('Parts'));
  expect(text).toContain('<code>./prosora logs mail</code> shows more.');
});

test('a part that does not answer is said once, with its remedy, and the others are shown', () => {
  const problem = { code: 'NOT_RUNNING', message: 'The service `ops` does not run.', help: 'x' };
  const of = overlook({ ops: { problem }, alerts: { problem }, edge: { problem } });
  expect(sentences(of)).toEqual(['The service `ops` does not run.']);
  expect(rowsOf(of).find(({ name }) => name === 'Mail')?.state).toBe('well');
});

test('a part that answers what nobody can read is a trouble, and the others are shown', () => {
  const of = overlook({ mail: { value: {} }, ops: { value: null } });
  expect(sentences(of)).toContain('Mail: It answers what the console cannot read.');
  expect(rowsOf(of).find(({ name }) => name === 'Payments')?.state).toBe('well');
  expect(overviewPage(of, 'UTC').body.text).toContain('are not as they should be.');
});

test.each<[keyof Overlook, object, string]>([
  ['payments', { deliveries: { dead: 3, ambiguous: 1 } }, '3 did not reach Ghost, 1 in doubt.'],
  ['payments', { held: { api_version: 2 } }, 'Events: 2 held for a person.'],
  ['mail', { alarms: ['Resend has been silent for an hour.'] }, 'Resend has been silent'],
  ['visits', { isReady: false, failures: ['spool: the disk is full'] }, 'spool: the disk is full'],
  ['ops', { jobs: [{ name: 'drill', failure: 'The copy is empty.' }] }, 'The copy is empty.'],
  ['ops', { backups: {} }, 'There is none.'],
])('what %s says of itself is told: %o', (part, change, said) => {
  const well = overlook()[part] as { value: object };
  const of = overlook({ [part]: { value: { ...well.value, ...change } } });
  expect(sentences(of).join()).toContain(said);
});

test('a disk with little room is told', () => {
  const metrics = [
    { name: 'prosora_disk_bytes', labels: { disk: '/' }, value: 100e9 },
    { name: 'prosora_disk_free_bytes', labels: { disk: '/' }, value: 5e9 },
  ];
  const well = overlook().ops as { value: object };
  const disk = rowsOf(overlook({ ops: { value: { ...well.value, metrics } } })).at(-1);
  expect(disk).toMatchObject({ name: 'Disk', tone: 'bad', said: '5 % are free, 5 GB.' });
});
