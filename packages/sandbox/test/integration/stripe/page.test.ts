import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createCheckout,
  createTier,
  type StripeWithSdk,
  startStripeWithSdk,
} from '../../fixtures/stripe-with-sdk.ts';

describe.skipIf(lacks('chromium'))('in a browser (needs Chromium)', () => {
  let setup: StripeWithSdk;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    setup = await startStripeWithSdk();
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await setup?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    // The blog to go back to is not on this machine.
    await page.route('https://blog.example.com/**', (route) => route.fulfill({ body: 'The blog' }));
  });

  const openCheckout = async () => {
    const { monthly } = await createTier(setup.sdk);
    const { id, url } = await createCheckout(setup.sdk, monthly.id);
    await page.goto(url as string);
    return id;
  };

  test('a person is declined, then pays, and is back at the blog', async () => {
    const id = await openCheckout();
    await page.fill('[name=name]', 'Ada Lovelace');
    await page.click('#decline');
    expect(await page.textContent('[role=alert]')).toBe('Your card was declined.');
    await page.click('#pay');
    await page.waitForURL('https://blog.example.com/?stripe=success');
    expect(setup.sandbox.stripe.checkouts.get(id)).toMatchObject({
      status: 'complete',
      customer_details: { email: 'ada@example.com' },
    });
  });

  test('a person who cancels is back at the blog and has bought nothing', async () => {
    const id = await openCheckout();
    await page.click('#cancel');
    await page.waitForURL('https://blog.example.com/?stripe=cancel');
    expect(setup.sandbox.stripe.checkouts.get(id).status).toBe('open');
  });

  test('a subscriber ends and keeps a subscription in the portal', async () => {
    const { stripe } = setup.sandbox;
    const { customer, subscription } = stripe.checkouts.pay(await openCheckout());
    const portal = await setup.sdk.billingPortal.sessions.create({ customer: customer as string });
    await page.goto(portal.url);
    const isEnding = () => stripe.subscriptions.get(subscription as string).cancel_at_period_end;
    await page.click('text=Cancel it');
    await page.waitForSelector('text=Keep it');
    expect(isEnding()).toBe(true);
    await page.click('text=Keep it');
    await page.waitForSelector('text=Cancel it');
    expect(isEnding()).toBe(false);
  });

  test('the console shows a subscription and drives it', async () => {
    const { stripe, reset, url } = setup.sandbox;
    await reset();
    const { subscription } = stripe.checkouts.pay(await openCheckout());
    await page.goto(url);
    await page.click('button:text-is("fail-payment")');
    await vi.waitFor(() =>
      expect(stripe.subscriptions.get(subscription as string).status).toBe('past_due'),
    );
    await page.waitForSelector('text=past_due');
  });
});
