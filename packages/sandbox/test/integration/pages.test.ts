import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { pageFaults } from '@prosora/service/page-faults';
import { lacks } from '@prosora/service/programs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signParams } from '../../src/cloudinary/signature.ts';
import type { Sandbox } from '../../src/index.ts';
import { dataUri, redAndBlue } from '../fixtures/cloudinary-with-sdk.ts';
import {
  createCheckout,
  createTier,
  type StripeWithSdk,
  startStripeWithSdk,
} from '../fixtures/stripe-with-sdk.ts';

describe.skipIf(lacks('chromium'))('in a browser (needs Chromium)', () => {
  let setup: StripeWithSdk;
  let browser: Browser;

  beforeAll(async () => {
    setup = await startStripeWithSdk({ resend: { domains: ['example.com'] } });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: CHROMIUM_FLAGS });
  });
  afterAll(async () => {
    await browser?.close();
    await setup?.[Symbol.asyncDispose]();
  });

  test('no page has a fault that axe finds, nor is one wider than a phone, dark or light', async () => {
    const { sandbox, sdk } = setup;
    const { resend, stripe, cloudinary, tinybird } = sandbox;
    await upload(sandbox, 'harbour/fog-over-the-harbour-in-the-morning');
    await fetch(`${tinybird.url}/v0/datasources`);
    cloudinary.faults.set([
      { match: { path: '^/v1_1/', times: 5 }, fault: { status: 503 } },
      { fault: { latencyMs: 1 } },
    ]);
    await upload(sandbox, 'refused');
    const mail = await sendMail(sandbox);
    resend.inbox.bounce(mail);
    const { monthly, yearly } = await createTier(sdk);
    stripe.addWebhook({ url: `${resend.url}/members/webhooks/stripe/` });
    const paid = await createCheckout(sdk, monthly.id);
    const { customer, subscription } = stripe.checkouts.pay(paid.id);
    const again = await createCheckout(sdk, yearly.id, {
      customer,
      customer_email: undefined,
    });
    stripe.checkouts.pay(again.id);
    stripe.subscriptions.cancel(subscription ?? '');
    const open = await createCheckout(sdk, monthly.id);
    const portal = await sdk.billingPortal.sessions.create({
      customer: customer ?? '',
      return_url: 'https://blog.example.com/',
    });
    const addresses = {
      sandbox: sandbox.url,
      mails: `${resend.url}/inbox`,
      mail: `${resend.url}/inbox/${mail}`,
      checkout: open.url ?? '',
      'checkout-paid': paid.url ?? '',
      portal: portal.url,
    };
    expect(await pageFaults(browser, addresses)).toEqual([]);
    // It would use up a fault that is meant for something else.
    expect(resend.requests.list(/icon/)).toEqual([]);
  });
});

async function upload({ cloudinary }: Sandbox, publicId: string): Promise<void> {
  const { url, cloudName, apiKey, apiSecret, settings } = cloudinary;
  const params = { public_id: publicId, timestamp: String(Math.floor(Date.now() / 1_000)) };
  const signature = signParams(params, apiSecret, settings.current.signatureAlgorithm);
  const file = dataUri(await redAndBlue(320, 240));
  await fetch(`${url}/v1_1/${cloudName}/image/upload`, {
    method: 'POST',
    body: new URLSearchParams({ ...params, api_key: apiKey, signature, file }),
  });
}

async function sendMail({ resend }: Sandbox): Promise<string> {
  const answer = await fetch(`${resend.url}/emails`, {
    method: 'POST',
    headers: { authorization: `Bearer ${resend.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      from: 'Harbour Notes <notes@example.com>',
      to: 'a-reader-with-a-long-address@subscribers.example.org',
      subject: 'Fog over the harbour, and what the keeper of the lighthouse says of it',
      html: '<h1>Fog</h1><p>It came in the night. <a href="https://example.com/">Read on</a></p>',
      text: 'It came in the night: https://example.com/',
      headers: { 'List-Unsubscribe': `<https://example.com/unsubscribe/?uuid=${'0'.repeat(36)}>` },
    }),
  });
  return ((await answer.json()) as { id: string }).id;
}
