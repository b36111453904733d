import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { pageFaults } from '@prosora/service/page-faults';
import { lacks } from '@prosora/service/programs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StripeService } from '../../../src/service.ts';
import { eventLike } from '../../fixtures/events.ts';
import { type GhostTarget, startGhostTarget } from '../../fixtures/ghost-target.ts';
import { inboxEnv, jobCounts, send, startInbox } from '../../fixtures/running-inbox.ts';

const CHECKOUT = eventLike(4);
const HELD = eventLike(6, { api_version: '2026-10-28.endive' });

let ghost: GhostTarget;
let inbox: StripeService;
let env: Record<string, string>;

beforeAll(async () => {
  ghost = await startGhostTarget();
  env = inboxEnv(ghost.url);
  inbox = await startInbox(env);
  ghost.answer = () => 400;
  await send(inbox.url, CHECKOUT);
  await send(inbox.url, HELD);
  await vi.waitFor(async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 1 }));
});
afterAll(async () => {
  await inbox?.stop();
  await ghost?.[Symbol.asyncDispose]();
});

describe.skipIf(lacks('chromium'))('in a browser (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS });
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());

  test('a person sees what went wrong and why, and nothing of what is in an event', async () => {
    await page.goto(`${inbox.privateUrl}/inbox`);
    const shown = await page.innerText('body');
    expect(shown).toContain('dead 1');
    expect(shown).toContain('api_version 1');
    expect(shown).toContain('400: not a subscription that Ghost can hold');
    await page.click(`text=${CHECKOUT.id}`);
    expect(await page.innerText('#state')).toBe('dead');
    expect(await page.innerText('body')).not.toContain('ada@example.com');
  });

  test('no page has a fault that axe finds, nor is one wider than a phone, dark or light', async () => {
    const at = `${inbox.privateUrl}/inbox`;
    const addresses = {
      inbox: at,
      dead: `${at}?state=dead`,
      event: `${at}/event?id=${CHECKOUT.id}`,
      held: `${at}/event?id=${HELD.id}`,
      replay: `${at}/replay?id=${CHECKOUT.id}`,
    };
    expect(await pageFaults(browser, addresses)).toEqual([]);
  });

  test('an event goes to Ghost again only after a yes', async () => {
    ghost.answer = () => 200;
    await page.goto(`${inbox.privateUrl}/inbox/event?id=${CHECKOUT.id}`);
    await page.click('text=Send to Ghost again');
    expect(await page.innerText('body')).toContain('counted twice');
    expect(await jobCounts(inbox.privateUrl)).toEqual({ dead: 1 });
    await page.click('text=Yes, replay it');
    await vi.waitFor(async () => {
      await page.reload();
      expect(await page.innerText('#state')).toBe('done');
    });
    expect(ghost.arrivals.map(({ id }) => id)).toEqual([CHECKOUT.id, CHECKOUT.id]);
  });

  test('what is held can be skipped, and then nothing is wrong any more', async () => {
    await page.goto(`${inbox.privateUrl}/inbox?state=held`);
    await page.click(`text=${HELD.id}`);
    await page.click('text=Skip');
    await page.click('text=Yes, skip it');
    expect(await page.innerText('#state')).toBe('ignored');
    await page.goto(`${inbox.privateUrl}/inbox`);
    expect(await page.innerText('body')).toContain('Nothing is wrong.');
  });
});

/** The token of the question whether to do something with an event. */
async function tokenOf(action: string, id: string, headers = {}, url = inbox.privateUrl) {
  const page = await fetch(`${url}/inbox/${action}?id=${id}`, { headers });
  return /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
}

async function post(
  body: Record<string, string>,
  headers: Record<string, string> = {},
  url = inbox.privateUrl,
): Promise<number> {
  const answer = await fetch(`${url}/inbox/replay`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(body),
    redirect: 'manual',
  });
  return answer.status;
}

test('a form on a page of somebody else is refused, whichever header tells and where none does', async () => {
  const done = ghost.arrivals.length;
  const form = { id: CHECKOUT.id, confirm: 'yes', token: await tokenOf('replay', CHECKOUT.id) };
  const { host } = new URL(inbox.privateUrl);
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example.com' },
    { origin: `http://${host}.evil.example.com` },
    { origin: `http://${host}1` },
    { origin: 'null' },
  ]) {
    expect([headers, await post(form, headers)]).toEqual([headers, 403]);
  }
  // An old browser, or a page that keeps its address to itself: without the token of the question.
  expect(await post({ id: CHECKOUT.id, confirm: 'yes' })).toBe(403);
  const ofAnother = await tokenOf('replay', HELD.id);
  expect(await post({ ...form, token: ofAnother })).toBe(403);
  expect(await post({ ...form, token: await tokenOf('skip', CHECKOUT.id) })).toBe(403);
  expect(await post({ ...form, more: 'x'.repeat(5_000) })).toBe(413);
  expect(ghost.arrivals.length).toBe(done);
  expect(await post(form, { origin: `http://${host}` })).toBe(303);
});

test('off loopback the inbox does not start without a password, and with one asks for it', async () => {
  const open = inboxEnv(ghost.url, { PROSORA_STRIPE_PRIVATE_HOST: '0.0.0.0' });
  await expect(startInbox(open)).rejects.toMatchObject({
    code: 'PAGE_PASSWORD',
    help: expect.stringContaining('PROSORA_STRIPE_PAGE_PASSWORD'),
  });
  const password = 'a password: of this page';
  const lines: string[] = [];
  const guarded = await startInbox({ ...open, PROSORA_STRIPE_PAGE_PASSWORD: password }, lines);
  const url = guarded.privateUrl.replace('0.0.0.0', '127.0.0.1');
  await send(guarded.url.replace('0.0.0.0', '127.0.0.1'), CHECKOUT);
  const asked = await fetch(`${url}/inbox`);
  expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^Basic /),
  ]);
  const basic = (word: string) => ({
    authorization: `Basic ${Buffer.from(`me:${word}`).toString('base64')}`,
  });
  expect((await fetch(`${url}/inbox`, { headers: basic('wrong') })).status).toBe(401);
  expect((await fetch(`${url}/inbox`, { headers: basic(password) })).status).toBe(200);
  const token = await tokenOf('replay', CHECKOUT.id, basic(password), url);
  const form = { id: CHECKOUT.id, confirm: 'yes', token };
  expect(await post(form, {}, url)).toBe(401);
  // A browser sends the password with the form of somebody else, too.
  expect(await post({ ...form, token: '' }, basic(password), url)).toBe(403);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await guarded.stop();
  expect(lines.join()).not.toContain(password);
});

test('a form without a yes, an unknown event and a public name are refused', async () => {
  const token = await tokenOf('replay', CHECKOUT.id);
  expect(await post({ id: CHECKOUT.id, token })).toBe(400);
  expect((await fetch(`${inbox.privateUrl}/inbox/event?id=evt_unknown`)).status).toBe(404);
  expect((await fetch(`${inbox.privateUrl}/inbox`, { method: 'DELETE' })).status).toBe(405);
  const { request } = await import('node:http');
  const rebound = await new Promise((resolve) => {
    const { hostname, port } = new URL(inbox.privateUrl);
    const headers = { host: 'evil.example.com' };
    request({ hostname, port, path: '/inbox', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(rebound).toBe(421);
});

test('payloads are shown where the option says so', async () => {
  const open = await startInbox(inboxEnv(ghost.url, { PROSORA_STRIPE_SHOW_PAYLOADS: 'true' }));
  await send(open.url, CHECKOUT);
  const page = await fetch(`${open.privateUrl}/inbox/event?id=${CHECKOUT.id}`);
  expect(await page.text()).toContain('ada@example.com');
  await open.stop();
});
