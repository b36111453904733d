import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StripeService } from '../../src/service.ts';
import { eventLike } from '../events.ts';
import { type GhostTarget, startGhostTarget } from './ghost-target.ts';
import { inboxEnv, jobCounts, send, startInbox } from './running-inbox.ts';

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

test('a page of somebody else, a form without a yes and a public name are refused', async () => {
  const post = (headers: Record<string, string>, body: string) =>
    fetch(`${inbox.privateUrl}/inbox/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
      redirect: 'manual',
    }).then(({ status }) => status);
  const form = `id=${CHECKOUT.id}&confirm=yes`;
  expect(await post({ 'sec-fetch-site': 'cross-site' }, form)).toBe(403);
  expect(await post({}, `id=${CHECKOUT.id}`)).toBe(400);
  expect(await post({}, 'id=evt_unknown&confirm=yes')).toBe(409);
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
