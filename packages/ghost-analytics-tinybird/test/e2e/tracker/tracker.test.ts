import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { SITE } from '../../fixtures/hits.ts';
import { type Recorder, startRecorder } from '../../fixtures/recorder.ts';

const SILENCE_MS = 500;
const MONITORING = 'window.__GHOST_SYNTHETIC_MONITORING__ = true;';

let recorder: Recorder;
let browser: Browser;

beforeAll(async () => {
  recorder = await startRecorder();
  const tag = (more = '') =>
    `<script defer src="/tracker.js" data-host="${recorder.endpoint}" tb_site_uuid="${SITE}" ${more}></script>`;
  recorder.pages
    .set('/plain', `<!doctype html><title>Plain</title>${tag()}<a href="/other">other</a>`)
    .set('/other', '<!doctype html><title>Other</title>')
    .set('/app', `<!doctype html><title>App</title>${tag('data-prosora-spa')}`);
  browser = await chromium.launch({
    executablePath: chromiumPath ?? 'chromium',
    args: CHROMIUM_FLAGS,
    // Playwright switches off what readers have on.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
});
afterAll(async () => {
  await browser.close();
  await recorder[Symbol.asyncDispose]();
});
beforeEach(() => {
  recorder.hits.length = 0;
});

async function openPage(init = '', userOptions = {}): Promise<Page> {
  const context = await browser.newContext(userOptions);
  await context.addInitScript(MONITORING + init);
  return await context.newPage();
}

async function hits(count: number) {
  await vi.waitUntil(() => recorder.hits.length >= count, { timeout: 10_000, interval: 10 });
  expect(recorder.hits).toHaveLength(count);
  return recorder.hits.map(({ body }) => body.payload);
}

test('two attributes count a page outside Ghost, by a beacon that need not ask first', async () => {
  const page = await openPage('', { locale: 'de-AT', timezoneId: 'Europe/Vienna' });
  await page.goto(`${recorder.url}/plain`);
  const [payload] = await hits(1);
  expect(payload).toMatchObject({
    site_uuid: SITE,
    pathname: '/plain',
    href: `${recorder.url}/plain`,
    locale: 'de-AT',
    location: null,
    timezone: 'Europe/Vienna',
  });
  expect(recorder.hits[0]?.contentType).toBe('text/plain;charset=UTF-8');
  await page.context().close();
});

test('a page that is closed as soon as it is there is counted', async () => {
  const page = await openPage();
  await page.goto(`${recorder.url}/plain`, { waitUntil: 'domcontentloaded' });
  await page.close();
  await hits(1);
  await page.context().close();
});

test('a page that the browser renders ahead is counted when the reader comes to it', async () => {
  const rules = JSON.stringify({ prerender: [{ urls: ['/ahead'], eagerness: 'immediate' }] });
  const tell = `fetch('${recorder.endpoint}', { method: 'POST', body: JSON.stringify({
    isAhead: document.prerendering, timestamp: new Date() }) });`;
  recorder.pages
    .set(
      '/before',
      `<!doctype html><title>Before</title><a href="/ahead">on</a>
      <script type="speculationrules">${rules}</script>
      <script>setTimeout(() => document.querySelector('a').click(), ${3 * SILENCE_MS});</script>`,
    )
    .set(
      '/ahead',
      `<!doctype html><title>Ahead</title><script>${MONITORING}${tell}</script>
      ${recorder.pages.get('/plain')}`,
    );
  // Chromium renders nothing ahead for a page that is driven, so this one goes its way by itself.
  const profile = mkdtempSync(join(tmpdir(), 'prosora-profile-'));
  const flags = [...CHROMIUM_FLAGS, '--headless=new', `--user-data-dir=${profile}`];
  const alone = spawn(chromiumPath ?? 'chromium', [
    ...flags,
    '--remote-debugging-port=0',
    `${recorder.url}/before`,
  ]);
  try {
    await vi.waitUntil(() => recorder.hits.length >= 2, { timeout: 20_000, interval: 10 });
    const [ran, hit] = recorder.hits.map(({ body }) => body);
    expect(ran.isAhead).toBe(true);
    expect(hit.payload.pathname).toBe('/ahead');
    expect(Date.parse(hit.timestamp) - Date.parse(ran.timestamp)).toBeGreaterThan(SILENCE_MS);
  } finally {
    const ended = once(alone, 'exit');
    alone.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('a page that is closed after 300 ms is counted', async () => {
  const page = await openPage();
  // Not from when its first byte is there: a busy machine may take longer than that to load a script.
  await page.goto(`${recorder.url}/plain`, { waitUntil: 'domcontentloaded' });
  await page.waitForTimeout(300);
  await page.close();
  await hits(1);
  await page.context().close();
});

test('where no beacon leaves, a fetch does that outlives the page', async () => {
  const page = await openPage('navigator.sendBeacon = () => false;');
  await page.goto(`${recorder.url}/plain`, { waitUntil: 'domcontentloaded' });
  await page.close();
  await hits(1);
  expect(recorder.hits[0]?.contentType).toBe('text/plain;charset=UTF-8');
  await page.context().close();
});

test('a page that comes back from the back/forward cache is counted again', async () => {
  const page = await openPage(
    'addEventListener("pageshow", (e) => (window.isBack = e.persisted));',
  );
  await page.goto(`${recorder.url}/plain`);
  await hits(1);
  await page.goto(`${recorder.url}/other`);
  await page.evaluate('history.back()').catch(() => undefined);
  const payloads = await hits(2);
  expect(payloads[1].pathname).toBe('/plain');
  expect(payloads[1].event_id).not.toBe(payloads[0].event_id);
  await page.context().close();
});

test('an app that asks for it is counted at each path, from the one before', async () => {
  const page = await openPage();
  await page.goto(`${recorder.url}/app`, { referer: 'https://news.example/' });
  await page.evaluate(`
    history.pushState({}, '', '/app/one');
    history.pushState({}, '', '/app/one?page=2');
    history.replaceState({}, '', '/app/one#x');
  `);
  await page.goBack();
  await page.goBack();
  const payloads = await hits(3);
  expect(payloads.map(({ pathname }) => pathname)).toEqual(['/app', '/app/one', '/app']);
  expect(payloads.map(({ parsedReferrer }) => parsedReferrer.url)).toEqual([
    'https://news.example/',
    `${recorder.url}/app`,
    expect.stringContaining('/app/one'),
  ]);
  await page.context().close();
});

test('an app in a tab that nobody has looked at is counted once it is, at the path it has then', async () => {
  const page = await openPage(
    `Object.defineProperty(Document.prototype, 'hidden', { get: () => !window.isLookedAt });`,
  );
  await page.goto(`${recorder.url}/app`);
  await page.evaluate(`history.pushState({}, '', '/app/ahead')`);
  await page.evaluate(
    `window.isLookedAt = true; document.dispatchEvent(new Event('visibilitychange'));
    history.pushState({}, '', '/app/next')`,
  );
  const payloads = await hits(2);
  expect(payloads.map(({ pathname }) => pathname)).toEqual(['/app/ahead', '/app/next']);
  await page.context().close();
});

test('an app that does not ask is counted once', async () => {
  const page = await openPage();
  await page.goto(`${recorder.url}/plain`);
  await page.evaluate(`history.pushState({}, '', '/plain/one')`);
  await page.waitForTimeout(SILENCE_MS);
  await hits(1);
  await page.context().close();
});

test.each([
  ['Do Not Track', `Object.defineProperty(navigator, 'doNotTrack', { value: '1' });`],
  [
    'Global Privacy Control',
    `Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });`,
  ],
  ['a no in localStorage', `localStorage.setItem('prosora_ignore', '1');`],
])('%s is honoured', async (_what, init) => {
  const page = await openPage(init);
  await page.goto(`${recorder.url}/plain`);
  await page.waitForTimeout(SILENCE_MS);
  await hits(0);
  await page.context().close();
});

test.each([
  ['says 0', `Object.defineProperty(navigator, 'doNotTrack', { value: '0' });`],
  ['says nothing', `Object.defineProperty(navigator, 'doNotTrack', { value: 'unspecified' });`],
  [
    'forbids storage',
    `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });`,
  ],
])('a browser that %s is counted', async (_what, init) => {
  const page = await openPage(init);
  await page.goto(`${recorder.url}/plain`);
  await hits(1);
  await page.context().close();
});

test('no cookie is set and nothing is stored', async () => {
  const page = await openPage();
  await page.goto(`${recorder.url}/plain`);
  await hits(1);
  expect(await page.context().cookies()).toEqual([]);
  expect(
    await page.evaluate(`Promise.all([
      localStorage.length, sessionStorage.length, document.cookie,
      indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations(),
    ])`),
  ).toEqual([0, 0, '', [], [], []]);
  await page.context().close();
});
