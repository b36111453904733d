import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram, lacks } from '@prosora/service/programs';
import { freePort } from '@prosora/service/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WATCH } from './waits.ts';

interface Posting {
  alerts: { status: string; labels: { alertname: string } }[];
}

/** Alertmanager with the stack's own file, but for its waits, and whom it posts to. */
async function startAlertmanager() {
  const postings: Posting[] = [];
  const tokens = new Set<string | undefined>();
  const ops = createServer(async (request, response) => {
    tokens.add(request.headers.authorization);
    postings.push((await json(request)) as Posting);
    response.end();
  });
  await new Promise<void>((resolve) => ops.listen(0, '127.0.0.1', resolve));
  const dir = mkdtempSync(join(tmpdir(), 'prosora-alertmanager-'));
  writeFileSync(join(dir, 'token'), 'a-token');
  const config = readFileSync(join(WATCH, 'alertmanager.yml'), 'utf8')
    .replace('http://ops.watch:4501', `http://127.0.0.1:${(ops.address() as AddressInfo).port}`)
    .replace('/run/secrets/alerts_token', join(dir, 'token'))
    .replaceAll(/(group_wait|group_interval): [1-9]\w+/g, '$1: 1s')
    .replaceAll(/repeat_interval: 20s/g, 'repeat_interval: 1s');
  writeFileSync(join(dir, 'alertmanager.yml'), config);
  const port = await freePort();
  const child = spawn(
    findProgram('alertmanager') ?? '',
    [
      `--config.file=${join(dir, 'alertmanager.yml')}`,
      `--storage.path=${dir}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(async () => {
    child.kill();
    await once(child, 'exit');
    ops.close();
  });
  const url = `http://127.0.0.1:${port}/api/v2`;
  await vi.waitFor(async () => void (await fetch(`${url}/status`)), 20_000);
  return {
    postings,
    tokens,
    async post(...labels: Record<string, string>[]) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(labels.map((each) => ({ labels: each })));
      const answer = await fetch(`${url}/alerts`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
    },
    named: () => postings.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname)),
  };
}

/** `PartDown ghost`, `SiteDown page`. */
function labelsOf(alert: string): Record<string, string> {
  const [alertname = '', about = ''] = alert.split(' ');
  const isSeverity = ['page', 'note'].includes(about);
  return {
    alertname,
    ...(about && !isSeverity && { part: about }),
    severity: isSeverity ? about : 'page',
  };
}

const FOLLOWS: [says: string, found: string[], told: string[]][] = [
  [
    'a site that is down',
    [
      'SiteDown page',
      'SiteDown note',
      'ErrorRate',
      'Slow',
      'WebhookSilence',
      'HitsWait',
      'PartDown caddy',
    ],
    ['PartDown', 'SiteDown'],
  ],
  [
    'a Ghost that is down',
    ['PartDown ghost', 'SiteDown note', 'ErrorRate', 'Slow', 'PaymentsWait', 'DiskFull'],
    ['DiskFull', 'PartDown'],
  ],
  [
    'a part that ends again and again',
    ['RestartLoop engine', 'PartDown engine', 'ServiceDown engine', 'HitsWait', 'PartDown redis'],
    ['PartDown', 'RestartLoop'],
  ],
  [
    'a database that is down',
    [
      'DatabaseDown db',
      'PartDown ghost',
      'RestartLoop ghost',
      'SiteDown note',
      'ErrorRate',
      'PaymentsWait',
    ],
    ['DatabaseDown'],
  ],
  [
    'mail that is refused',
    ['MailRefused', 'MailWaits', 'DeadLetters mail'],
    ['DeadLetters', 'MailRefused'],
  ],
  ['a clock that is off', ['ClockOff', 'WebhookSilence'], ['ClockOff']],
  [
    'a bridge that is down',
    ['PartDown mail', 'WebhookSilence', 'HitsWait'],
    ['HitsWait', 'PartDown'],
  ],
];

describe.skipIf(lacks('alertmanager'))('Alertmanager (needs prometheus-alertmanager)', () => {
  test.each(FOLLOWS)(
    'of %s what follows is left out, and all else is one posting',
    async (_, found, told) => {
      const { post, postings, tokens } = await startAlertmanager();
      await post(...found.map(labelsOf));
      await vi.waitFor(() => expect(postings).toHaveLength(1), 20_000);
      const names = postings[0]?.alerts.map(({ labels }) => labels.alertname) ?? [];
      expect([...new Set(names)].sort()).toEqual(told);
      expect([...tokens]).toEqual(['Bearer a-token']);
    },
  );

  test('the watchdog is posted again and again, by itself, and the others are not', async () => {
    const { post, postings, named } = await startAlertmanager();
    await post({ alertname: 'Watchdog', severity: 'none' }, labelsOf('Slow note'));
    await vi.waitFor(
      () => expect(named().filter((name) => name === 'Watchdog').length).toBeGreaterThan(2),
      20_000,
    );
    await wait(1_000);
    expect(named().filter((name) => name === 'Slow')).toHaveLength(1);
    expect(postings.every(({ alerts }) => alerts.length === 1)).toBe(true);
  });
});
