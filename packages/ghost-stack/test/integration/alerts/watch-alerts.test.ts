import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, createMetrics, Gauge, startPrivateListener } from '@prosora/service';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenAlerts } from '../../../src/alerts/open-alerts.ts';
import { watchAlerts } from '../../../src/alerts/watch-alerts.ts';

const MINUTE_MS = 60_000;

/** The way of an alert, and whoever is at its end: a person and a dead-man's switch. */
async function way({ silenceMs = 5 * MINUTE_MS } = {}) {
  const got: string[] = [];
  const state = { refuses: false, isWatched: true };
  const server = createServer((request, response) => {
    if (state.refuses && request.url === '/person') return response.writeHead(500).end();
    got.push(request.url ?? '');
    return response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metrics = createMetrics('ops');
  let kept: OpenAlerts = {};
  const alerts = watchAlerts({
    alertsToken: 'a-token',
    calmMs: 0,
    silenceMs,
    alerts: () => kept,
    keep: (next) => {
      kept = next;
    },
    isWatched: async () => state.isWatched,
    settings: () => ({ NOTIFY_WEBHOOK_URL: `${url}/person`, WATCH_PING_URL: `${url}/ping` }),
    metrics,
    logger: createLogger({ name: 'ops', level: 'silent' }),
  });
  const to = { host: '127.0.0.1', port: 0, metrics, routes: alerts.route };
  const listener = await startPrivateListener(to);
  onTestFinished(async () => {
    await listener.close();
    server.close();
  });
  const post = async (alertname: string, status = 'firing', minutesAgo = 0) => {
    const startsAt = new Date(Date.now() - minutesAgo * MINUTE_MS).toISOString();
    const summary = `${alertname} is so.`;
    const alert = { fingerprint: alertname, status, startsAt, labels: { alertname } };
    const body = { version: '4', alerts: [{ ...alert, annotations: { summary } }] };
    const headers = { authorization: 'Bearer a-token' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    expect((await fetch(`${listener.url}/alerts`, request)).status).toBe(200);
  };
  return { ...alerts, got, state, metrics, post };
}

test('the watchdog is told to the dead-man’s switch, and to nobody else', async () => {
  const { post, look, open, got } = await way();
  await look();
  expect(got).toEqual([]);
  await post('Watchdog');
  await look();
  await look();
  expect([got, open()]).toEqual([['/ping'], []]);
});

test('its end is no sign of life', async () => {
  const { post, look, got } = await way();
  await post('Watchdog', 'resolved');
  await look();
  expect(got).toEqual([]);
});

test('where an alert reaches nobody for minutes the dead-man’s switch hears nothing either', async () => {
  const { post, look, state, got, open } = await way();
  state.refuses = true;
  await post('Watchdog');
  await post('SiteDown', 'firing', 6);
  await look();
  expect(got).toEqual([]);
  expect(open()).toMatchObject([{ name: 'SiteDown', isTold: false }]);
  state.refuses = false;
  await look();
  expect(got).toEqual(['/person', '/ping']);
  expect(open()).toMatchObject([{ name: 'SiteDown', isTold: true }]);
});

test('an end is not believed while somebody is at the site, or while nothing is heard', async () => {
  const { post, look, got, metrics } = await way();
  const care = new Gauge({ name: 'prosora_care_running', help: 'Care.', registers: [metrics] });
  await post('PartDown');
  await look();
  care.set(1);
  await post('PartDown', 'resolved');
  await look();
  expect(got).toEqual(['/person']);
  care.set(0);
  const gotAfterLook = () => look().then(() => got);
  await expect.poll(gotAfterLook).toEqual(['/person', '/person']);

  const silent = await way({ silenceMs: -1 });
  await silent.post('PartDown');
  await silent.look();
  await silent.post('PartDown', 'resolved');
  await silent.look();
  expect(silent.got).toEqual(['/person']);
});

test('an end is not believed while what it was judged by cannot be read', async () => {
  const { post, look, got, metrics } = await way();
  const reading = new Gauge({
    name: 'prosora_reading_up',
    help: 'Readings.',
    labelNames: ['of'],
    registers: [metrics],
  });
  reading.set({ of: 'business' }, 0);
  reading.set({ of: 'parts' }, 0);
  await post('PartDown');
  await look();
  await post('PartDown', 'resolved');
  await look();
  expect(got).toEqual(['/person']);
  reading.set({ of: 'parts' }, 1);
  const gotAfterLook = () => look().then(() => got);
  await expect.poll(gotAfterLook).toEqual(['/person', '/person']);
});

test('its silence is a finding where alerts are looked for at all', async () => {
  const { look, way: found, state } = await way({ silenceMs: -1 });
  await look();
  expect(found()).toMatchObject([{ name: 'alerts', status: 'fail' }]);
  state.isWatched = false;
  await look();
  expect(found()).toEqual([]);
});
