import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COOKIE, OWNER } from '../../fixtures/admin-stand-in.ts';
import { startMetricsStandIn, startOpsStandIn } from '../../fixtures/ops-stand-in.ts';
import { type OwnConsole, startOwnConsole } from '../../fixtures/own-console.ts';

/** A folder for pictures of the pages, which somebody looks at. */
const pictures = process.env['PROSORA_PICTURES'];
const DESK = { width: 1_280, height: 900 };
const PHONE = { width: 390, height: 844 };

let ops: Awaited<ReturnType<typeof startOpsStandIn>>;
let metrics: Awaited<ReturnType<typeof startMetricsStandIn>>;
let own: OwnConsole;

beforeAll(async () => {
  ops = await startOpsStandIn();
  metrics = await startMetricsStandIn();
  own = await startOwnConsole({
    PROSORA_CONSOLE_OPS_URL: ops.url,
    PROSORA_CONSOLE_OPS_TOKEN: 'token-of-ops-that-is-long-enough-for-it',
    PROSORA_CONSOLE_METRICS_URL: metrics.url,
  });
});
afterAll(async () => {
  for (const each of [own, metrics, ops]) await each?.[Symbol.asyncDispose]();
});

describe.skipIf(lacks('chromium'))('at night (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  let clicks = 0;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS });
    page = await signedIn(DESK, 'light');
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    clicks = 0;
    await page.goto(`${own.url}/ghost/prosora/`);
  });

  async function signedIn(viewport: typeof DESK, colorScheme: 'light' | 'dark') {
    const context = await browser.newContext({ viewport, colorScheme });
    const [name = '', value = ''] = COOKIE.split('=');
    await context.addCookies([{ name, value, url: `${own.url}/ghost` }]);
    return await context.newPage();
  }

  async function click(kind: 'link' | 'button', name: string | RegExp): Promise<void> {
    clicks += 1;
    await page.getByRole(kind, { name }).first().click();
    await page.waitForLoadState();
  }

  test('the first page says what is wrong before all else', async () => {
    const words = await page.innerText('main');
    expect(words).toContain('things are not as they should be.');
    expect(words.indexOf('Mail has waited for 20 minutes.')).toBeLessThan(words.indexOf('Parts'));
    expect(words).toContain('12,345 requests in an hour, 3 errors');
    expect(await page.locator('svg.spark').count()).toBe(4);
  });

  test('the report of a drill takes two clicks', async () => {
    await click('link', 'Care');
    await click('link', /Report of/);
    expect(await page.innerText('main')).toContain('998 members, and the backup says 1,000');
    expect(clicks).toBeLessThanOrEqual(2);
  });

  test('why an update failed takes three clicks', async () => {
    await click('link', 'Care');
    await click('link', 'Updates');
    await click('link', 'Update 5');
    expect(await page.innerText('main p.lead')).toContain('One request in five failed');
    expect(clicks).toBeLessThanOrEqual(3);
  });

  test('what a service said around a moment takes three clicks and its name', async () => {
    await click('link', 'Care');
    await click('link', 'Logs');
    await page.getByLabel('Service').selectOption('mail');
    await click('button', 'Show');
    expect(await page.innerText('main')).toContain('Resend answers 500');
    expect(clicks).toBeLessThanOrEqual(3);
  });

  test('a backup is begun with the password, and the page says so', async () => {
    await click('link', 'Care');
    await click('button', 'Back up now');
    await page.getByLabel('Password').fill(OWNER.password);
    await click('button', 'Go on');
    expect(await page.getByRole('status').innerText()).toBe('A backup begins now.');
    expect(ops.posted).toContain('backup');
  });

  test('what changes is shown by itself, without taking a link from who stands on it', async () => {
    await page.getByRole('link', { name: 'Backups' }).first().focus();
    ops.answers.alerts.items = [];
    await expect
      .poll(() => page.innerText('main'), { timeout: 15_000 })
      .not.toContain('Mail has waited');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Backups');
  });

  test('a script of the same origin reads no page, and so no token', async () => {
    const statusOf = (path: string) =>
      page.evaluate(`fetch('/ghost/prosora${path}').then(({ status }) => status)`);
    expect([await statusOf('/'), await statusOf('/care')]).toEqual([404, 404]);
  });

  test('a page is small, and painted soon', async () => {
    let bytes = 0;
    page.on('response', async (response) => {
      bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
    });
    await page.goto(`${own.url}/ghost/prosora/care`);
    const painted = await page.evaluate(
      `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`,
    );
    expect(bytes).toBeLessThan(100_000);
    // 300 ms on a machine that has nothing else to do.
    expect(painted).toBeLessThan(3_000);
  });

  test('no page has a fault that axe finds, nor is one wider than a phone, dark or light', async () => {
    const began = encodeURIComponent(ops.answers.drills.items[0]?.beganAt ?? '');
    const paths = {
      overview: '/',
      care: '/care',
      drill: `/care/drill?began=${began}`,
      updates: '/care/updates',
      update: '/care/update?number=5',
      findings: '/care/findings',
      logs: '/care/logs?service=mail',
      media: '/media',
    };
    for (const [viewport, scheme] of [
      [DESK, 'light'],
      [PHONE, 'dark'],
    ] as const) {
      const other = await signedIn(viewport, scheme);
      for (const [name, path] of Object.entries(paths)) {
        await other.goto(`${own.url}/ghost/prosora${path}`);
        if (pictures !== undefined) {
          mkdirSync(pictures, { recursive: true });
          await other.screenshot({ path: join(pictures, `${name}-${scheme}.png`), fullPage: true });
        }
        await other.evaluate(axe.source);
        const faults = await other.evaluate(`axe.run().then(({ violations }) =>
          violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
        expect([name, scheme, faults]).toEqual([name, scheme, []]);
        const width = await other.evaluate('document.documentElement.scrollWidth');
        expect([name, width]).toEqual([name, viewport.width]);
      }
      await other.context().close();
    }
  });
});
