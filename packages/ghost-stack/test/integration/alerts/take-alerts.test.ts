import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics, startPrivateListener } from '@prosora/service';
import { afterEach, expect, test } from 'vitest';
import type { PostedAlert } from '../../../src/alerts/open-alerts.ts';
import { takeAlerts } from '../../../src/alerts/take-alerts.ts';
import { openNotes } from '../../../src/ops/job-notes.ts';

const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0)) await end();
});

/** As Alertmanager 0.28 posts one, with the fields that nobody looks at. */
const posting = {
  version: '4',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'ops',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alerts:9093',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'SiteDown', alertgroup: 'site', severity: 'page', question: 'front' },
      annotations: {
        summary: 'The front page does not answer readers.',
        command: './prosora status',
        runbook: 'docs/alerts.md#sitedown',
      },
      startsAt: '2026-11-30T12:00:00.123456789Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://rules:8880/vmalert/alert?group_id=1',
      fingerprint: '5d8a6bb4c1c1f5b0',
    },
  ],
};
const [alert] = posting.alerts;

/** A listener that keeps what it takes. */
async function open() {
  const kept: PostedAlert[] = [];
  const listener = await startPrivateListener({
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics('ops'),
    routes: takeAlerts(['a-token', 'the-next'], (posted) => void kept.push(...posted)),
  });
  close.push(() => listener.close());
  const post = async (body: unknown, token = 'a-token') => {
    const answer = await fetch(`${listener.url}/alerts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return `${answer.status} ${(await answer.text()).trim()}`;
  };
  return { kept, post };
}

test('what Alertmanager posts is kept, with the present token or the next', async () => {
  const { kept, post } = await open();
  expect(await post(posting)).toBe('200 Kept.');
  expect(await post(posting, 'the-next')).toBe('200 Kept.');
  expect(kept).toHaveLength(2);
  expect(kept[0]).toEqual({
    fingerprint: '5d8a6bb4c1c1f5b0',
    isFiring: true,
    name: 'SiteDown',
    severity: 'page',
    ...alert?.annotations,
    since: alert?.startsAt,
  });
});

test('without the token nothing is looked at', async () => {
  const { kept, post } = await open();
  for (const token of ['', 'a-toke', 'a-token2'])
    expect(await post(posting, token)).toMatch(/^401/);
  expect(kept).toEqual([]);
});

test('what is no such posting is refused with the field that is wrong', async () => {
  const { kept, post } = await open();
  const withAlert = (changes: object) => ({ ...posting, alerts: [{ ...alert, ...changes }] });
  expect(await post('{')).toBe('400 The body is not JSON.');
  expect(await post([])).toMatch(/^400 body: /);
  expect(await post({ ...posting, version: '3' })).toMatch(/^400 version: /);
  expect(await post({ ...posting, alerts: undefined })).toMatch(/^400 alerts: /);
  expect(await post(withAlert({ status: 'pending' }))).toMatch(/^400 alerts\.0\.status: /);
  expect(await post(withAlert({ fingerprint: '' }))).toMatch(/^400 alerts\.0\.fingerprint: /);
  expect(await post(withAlert({ labels: {} }))).toMatch(/^400 alerts\.0\.labels\.alertname: /);
  expect(await post(withAlert({ startsAt: 'noon' }))).toMatch(/^400 alerts\.0\.startsAt: /);
  expect(await post(' '.repeat(1024 ** 2 + 1))).toMatch(/^413/);
  expect(kept).toEqual([]);
});

test('what is kept is there for the next start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-alerts-'));
  const kept = { one: { ...alert?.annotations, name: 'SiteDown' } } as never;
  openNotes(dir, [], new Date()).change({ alerts: kept });
  expect(openNotes(dir, [], new Date()).now.alerts).toEqual(kept);
});
