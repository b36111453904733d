import { ProsoraError } from '@prosora/service';
import { expect, test } from 'vitest';
import type { Services } from '../../src/services/services.ts';
import { ADMIN_URL, startTestApp } from '../fixtures/test-app.ts';

const DRILL = {
  run: 'backup-7',
  beganAt: '2026-11-30T02:00:00Z',
  endedAt: '2026-11-30T02:12:00Z',
  isProven: false,
  findings: [
    { name: 'front page', status: 'ok', sentence: 'It answers.' },
    {
      name: 'members',
      status: 'fail',
      sentence: 'Two are missing.',
      remedy: 'See `backup verify`.',
    },
  ],
};
const UPDATE = {
  number: 4,
  beganAt: '2026-11-29T03:00:00Z',
  endedAt: '2026-11-29T03:09:00Z',
  step: 'watching',
  outcome: 'undone',
  reason: 'Ghost answered 500 to one request in five.',
  changes: [{ services: ['ghost'], from: 'ghost:6.64', to: 'ghost:6.65' }],
  backup: 'backup-6',
  rehearsal: { bootMs: 9_000, migrates: true, findings: [] },
  watched: { requests: 200, errors: 40 },
  words: ['4  undone  <b>'],
};
const STATUS = {
  backups: { newest: { run: 'backup-8', at: '2026-12-01T01:00:00Z' } },
  jobs: [{ name: 'drill', endedAt: DRILL.endedAt, failure: 'Two are missing.', nextAt: null }],
  running: null,
  metrics: [],
};

function start(changes: Record<string, object> = {}) {
  const asked: [string, unknown][] = [];
  const answers: Record<string, object> = {
    status: STATUS,
    drills: { items: [DRILL] },
    updates: { items: [UPDATE] },
    parts: { items: [{ part: 'mail', isWell: true, state: 'running' }] },
    doctor: { findings: [] },
    examine: { findings: DRILL.findings },
    ...changes,
  };
  const ops = {
    async get(name: string, input: unknown) {
      asked.push([name, input]);
      return answers[name] ?? { items: [] };
    },
  };
  const { ask, tokenOf } = startTestApp({ ops } as unknown as Services);
  const read = async (path: string) => {
    const response = await ask(path, { session: 'owner-1' });
    return { status: response.status, text: await response.text() };
  };
  return { ask, asked, read, tokenOf };
}

test('the report of a drill is one step away, with what was wrong first', async () => {
  const { read } = start();
  const { text } = await read('/care');
  const path = /href="\/ghost\/prosora(\/care\/drill[^"]+)"/.exec(text)?.[1] ?? '';
  const report = (await read(path)).text;
  expect(report.indexOf('Two are missing.')).toBeLessThan(report.indexOf('It answers.'));
  expect(report).toContain('See <code>backup verify</code>.');
  expect(report).toContain('12 min');
});

test('a failed update says why first, and what its rehearsal found', async () => {
  const { read } = start();
  expect((await read('/care/updates')).text).toContain('/ghost/prosora/care/update?number=4');
  const { text } = await read('/care/update?number=4');
  expect(text.indexOf(UPDATE.reason)).toBeLessThan(text.indexOf('How it went'));
  expect(text).toContain('200 requests, 40 errors');
  expect(text).toContain('4  undone  &#60;b&#62;');
});

test('what is not kept any more is not there', async () => {
  const { read } = start();
  expect((await read('/care/drill?began=2020')).status).toBe(404);
  expect((await read('/care/update?number=9')).status).toBe(404);
});

test('restoring, updating and going back are lines to type, and no buttons', async () => {
  const { read } = start();
  const text = (await read('/care')).text + (await read('/care/updates')).text;
  for (const line of ['./prosora restore', './prosora update', './prosora rollback']) {
    expect(text).toContain(line);
  }
  expect(text.match(/action="[^"]+"/g)).toEqual([
    'action="/ghost/prosora/care/backup"',
    'action="/ghost/prosora/care/drill"',
  ]);
});

test('the whole stack is examined where somebody asks for it, and not before', async () => {
  const { ask, read, asked, tokenOf } = start();
  await read('/care/findings?whole=yes');
  expect(asked.map(([name]) => name)).toEqual(['doctor']);
  const form = { token: await tokenOf('owner-1') };
  const found = await ask('/care/findings', { session: 'owner-1', form, origin: ADMIN_URL });
  expect(await found.text()).toContain('Two are missing.');
});

test('a log is shown around a moment in the zone of the site, with the line that does the same', async () => {
  const line = { service: 'mail', time: '2026-12-01T13:03:00Z', level: 'error', text: '<boom>' };
  const { read, asked } = start({ logs: { items: [line] } });
  expect((await read('/care/logs?service=mail;reboot')).text).toContain(
    'logs &#39;mail;reboot&#39;',
  );
  const { text } = await read('/care/logs?service=mail&at=2026-12-01T14:03&level=warn');
  expect(asked.at(-1)).toEqual([
    'logs',
    expect.objectContaining({ service: 'mail', at: '2026-12-01T13:03:00.000Z', level: 'warn' }),
  ]);
  expect(text).toContain('&#60;boom&#62;');
  expect(text).toContain('value="2026-12-01T14:03"');
  expect(text).toContain(
    './prosora logs mail --around 2026-12-01T13:03:00.000Z --level warn</code>',
  );
});

test('words that are looked for in a log are posted, since they may be an address', async () => {
  const { ask, asked, read, tokenOf } = start();
  const text = (await read('/care/logs?service=mail&match=reader%40example.org')).text;
  expect(text).not.toContain('reader@example.org');
  const token = await tokenOf('owner-1');
  const form = { token, service: 'mail', match: "reader's@example.org", at: '', minutes: '5' };
  const found = await ask('/care/logs', { session: 'owner-1', form, origin: ADMIN_URL });
  expect(found.headers.get('location')).toBe(null);
  expect(await found.text()).toContain('--grep &#39;reader&#39;\\&#39;&#39;s@example.org&#39;');
  expect(asked.at(-1)?.[1]).toMatchObject({ match: "reader's@example.org" });
});

test('a service or a time that is none is a 400 that names the field', async () => {
  const refused = new ProsoraError('USAGE', 'at: Invalid ISO datetime');
  const ops = {
    get: async (name: string) => {
      if (name === 'logs') throw refused;
      return { items: [] };
    },
  };
  const { ask } = startTestApp({ ops } as unknown as Services);
  const response = await ask('/care/logs?service=mail&at=never', { session: 'owner-1' });
  expect([response.status, await response.text()]).toEqual([
    400,
    expect.stringContaining('at: Invalid ISO datetime'),
  ]);
});
