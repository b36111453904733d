import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { COOKIE, OWNER } from '../fixtures/admin-stand-in.ts';
import { type BusySite, DEAD, EMAIL_ID, RECEIPT, startBusySite } from '../fixtures/busy-site.ts';

const MOST_BYTES = 100_000;
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A folder in which each task leaves a picture. */
const pictures = process.env['PROSORA_PICTURES'];

let site: BusySite;
let own: BusySite['own'];
beforeAll(async () => {
  site = await startBusySite();
  own = site.own;
});
afterAll(() => site?.[Symbol.asyncDispose]());

describe.skipIf(lacks('chromium'))('in a browser (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  /** Of the task: each click of the person, and no key. */
  let clicks = 0;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS });
    page = await signedIn(DESK);
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    clicks = 0;
    await page.goto(`${own.url}/ghost/prosora/`);
  });

  async function signedIn(
    viewport: typeof DESK,
    { colorScheme = 'light', javaScriptEnabled = true }: BrowserContextOptions = {},
  ) {
    const options = { viewport, colorScheme, javaScriptEnabled };
    const context = await browser.newContext(options);
    const [name = '', value = ''] = COOKIE.split('=');
    await context.addCookies([{ name, value, url: `${own.url}/ghost` }]);
    return await context.newPage();
  }

  async function click(kind: 'link' | 'button', name: string | RegExp): Promise<void> {
    clicks += 1;
    await page
      .getByRole(kind, { name, exact: typeof name === 'string' })
      .first()
      .click();
    await page.waitForLoadState();
  }

  async function confirm(): Promise<void> {
    await page.getByLabel('Password').fill(OWNER.password);
    await click('button', 'Go on');
  }

  async function picture(name: string, of = page): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await of.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  }

  test('where a reader’s receipt is takes three clicks', async () => {
    await click('link', 'Mail');
    await page.getByLabel('Address').fill(RECEIPT);
    await click('button', 'Find');
    await click('link', RECEIPT);
    const words = await page.innerText('main');
    expect(words).toContain('Ghost handed it over.');
    expect(words).toContain('Resend reported: delivered');
    expect(clicks).toBeLessThanOrEqual(3);
    expect(page.url()).not.toContain('grace');
    await picture('mail-step-by-step');
  });

  test('why a newsletter is stalled takes two', async () => {
    await click('link', 'Mail');
    await picture('mail');
    await click('link', 'The storm warning');
    await expect.poll(() => page.innerText('main')).toContain('daily_quota_exceeded');
    expect(await page.innerText('main')).toContain('Resend takes no mail before');
    expect(clicks).toBeLessThanOrEqual(2);
    await picture('newsletter-stalled');
  });

  test('who cancelled takes two', async () => {
    await click('link', 'Payments');
    await picture('payments');
    await click('link', 'Cancellations');
    expect(await page.innerText('main')).toMatch(/ada@example\.com\s+cancelled/);
    expect(clicks).toBeLessThanOrEqual(2);
    await picture('cancellations');
  });

  test('mail is paused in three, the password among them', async () => {
    await click('link', 'Mail');
    await click('button', 'Pause');
    await picture('password');
    await confirm();
    expect(await page.innerText('[role=status]')).toContain('2 recipients wait');
    expect(await page.innerText('main')).toContain('It is paused');
    expect(clicks).toBeLessThanOrEqual(3);
    await picture('newsletter-paused');
  });

  test('dead events are replayed without a double in three, the count before the last', async () => {
    site.payments.ghost.arrivals.length = 0;
    await click('link', 'Payments');
    await click('link', /Replay or skip all/);
    expect(await page.innerText('main')).toContain(`${DEAD + 1} events are of this kind.`);
    await picture('replay-many');
    await click('button', `Replay ${DEAD + 1}`);
    expect(await page.innerText('[role=status]')).toContain(`${DEAD + 1} of ${DEAD + 1} events`);
    expect(clicks).toBeLessThanOrEqual(3);
    await vi.waitUntil(() => site.payments.ghost.arrivals.length === DEAD + 1, 30_000);
    expect(new Set(site.payments.ghost.arrivals).size).toBe(DEAD + 1);
    await page.goto(`${own.url}/ghost/prosora/payments/event?id=evt_cancels`);
    await picture('event');
    await page.goto(`${own.url}/ghost/prosora/visits`);
    await picture('visits');
    await page.goto(`${own.url}/ghost/prosora/media`);
    expect(await page.innerText('main')).toContain('The file of members is gone.');
    await picture('media');
  });

  test('a page that is open shows what changed by itself', async () => {
    await page.goto(`${own.url}/ghost/prosora/visits`);
    await site.visits.visit(4);
    await expect.poll(() => page.innerText('main'), { timeout: 15_000 }).toMatch(/Taken in\s+13/);
  });

  test('no page has a fault that axe finds, nor is one wider than a phone, dark or light', async () => {
    const paths = [
      '/mail',
      `/mail/newsletter?id=${EMAIL_ID}`,
      '/mail/mails',
      '/mail/jobs',
      '/mail/suppressions',
      '/payments',
      '/payments/event?id=evt_dead_1',
      '/payments/cancellations',
      '/payments/many?state=done',
      '/payments/differences',
      '/visits',
      '/media',
    ];
    for (const [name, viewport, scheme] of [
      ['desk', DESK, 'light'],
      ['phone', PHONE, 'dark'],
    ] as const) {
      const other = await signedIn(viewport, { colorScheme: scheme });
      for (const path of paths) {
        await other.goto(`${own.url}/ghost/prosora${path}`);
        const found = await faultsOf(other);
        expect([name, path, found]).toEqual([name, path, []]);
        const width = await other.evaluate('document.documentElement.scrollWidth');
        expect([path, width]).toEqual([path, viewport.width]);
        expect([path, (await bytesOf(other)) < MOST_BYTES]).toEqual([path, true]);
      }
      await other.goto(`${own.url}/ghost/prosora/mail`);
      await picture(`mail-${name}-${scheme}`, other);
      await other.context().close();
    }
  });

  test('without JavaScript a reader’s mail is found and a newsletter resumed all the same', async () => {
    const plain = await signedIn(DESK, { javaScriptEnabled: false });
    const push = (kind: 'link' | 'button', name: string) =>
      plain.getByRole(kind, { name, exact: true }).first().click();
    await plain.goto(`${own.url}/ghost/prosora/`);
    await push('link', 'Mail');
    await plain.getByLabel('Address').fill(RECEIPT);
    await push('button', 'Find');
    await push('link', RECEIPT);
    expect(await plain.innerText('main')).toContain('Resend reported: delivered');
    await push('link', 'Newsletters');
    await push('link', 'The storm warning');
    await push('button', 'Resume');
    await expect.poll(() => plain.innerText('main')).not.toContain('It is paused');
    await plain.context().close();
  });

  /** Over the wire, for the page and all that it fetched. */
  async function bytesOf(other: Page): Promise<number> {
    return await other.evaluate(`performance.getEntries().reduce(
      (sum, { transferSize = 0 }) => sum + transferSize, 0)`);
  }

  async function faultsOf(other: Page): Promise<string[]> {
    await other.evaluate(axe);
    return await other.evaluate(`axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`);
  }
});
