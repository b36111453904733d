import { askForCheckout } from '@prosora/ghost-local';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { askEdge, fetchThroughEdge } from './edge.ts';
import { signIn } from './people.ts';
import { compose, DOMAIN, exec } from './stack.ts';

/** Every part that can be left out is, and files are on this machine: chosen on a stack that runs with all of them. */
const CHOICES = {
  MEDIA: 'local',
  ANALYTICS: 'off',
  PAYMENTS: 'off',
  SOCIAL: 'off',
  OPS: 'off',
  CONSOLE: 'off',
};

beforeAll(async () => {
  await compose(['up', '--detach', '--wait', '--no-build'], CHOICES);
});
afterAll(async () => {
  await compose(['up', '--detach', '--wait', '--no-build']);
});

test('what is left out has no container any more', async () => {
  const running = (await compose(['ps', '--services'], CHOICES)).split('\n');
  expect(running.sort()).toEqual(['caddy', 'db', 'ghost', 'mail', 'pages', 'redis', 'sandbox']);
});

test('pages carry no tracker, and nobody takes a page view', async () => {
  const page = await askEdge('/');
  expect(page.status).toBe(200);
  expect(page.body.toString()).not.toContain('ghost-stats');
  const hit = await askEdge('/.ghost/analytics/api/v1/page_hit', { method: 'POST', body: '{}' });
  expect(hit.status).toBe(404);
});

test('a picture, a video and a file are kept on this machine, and Ghost makes the sizes', async () => {
  const admin = await signIn();
  const picture = await sharp({
    create: { width: 1600, height: 900, channels: 3, background: '#7a93a8' },
  })
    .jpeg()
    .toBuffer();
  const bytes = new Uint8Array(picture);
  const { url: image } = await admin.images.upload({ name: 'kept.jpg', bytes });
  const { url: media } = await admin.media.upload({ name: 'kept.mp3', bytes });
  const { url: file } = await admin.files.upload({ name: 'kept.pdf', bytes });
  for (const [url, folder] of [
    [image, 'images'],
    [media, 'media'],
    [file, 'files'],
  ] as const) {
    const { pathname, host } = new URL(url);
    expect(host).toBe(DOMAIN);
    expect(pathname).toMatch(new RegExp(`^/content/${folder}/\\d{4}/\\d{2}/kept`));
    const shown = await askEdge(pathname);
    expect(shown.status).toBe(200);
    // Ghost writes pictures anew.
    if (folder === 'images') expect((await sharp(shown.body).metadata()).width).toBe(1600);
    else expect(shown.body.equals(picture)).toBe(true);
    expect(await exec('ghost', 'ls', `/var/lib/ghost${pathname}`)).toContain(pathname);
  }
  const sized = new URL(image).pathname.replace('/content/images/', '/content/images/size/w600/');
  expect((await sharp((await askEdge(sized)).body).metadata()).width).toBe(600);
});

test('without the inbox Stripe’s events reach Ghost, and who pays becomes a paid member', async () => {
  const admin = await signIn();
  const vendors = (await (await fetchThroughEdge(`https://sandbox.${DOMAIN}/vendors`)).json()) as {
    stripe: { secretKey: string; publishableKey: string };
  };
  await admin.settings.edit({
    stripe_secret_key: vendors.stripe.secretKey,
    stripe_publishable_key: vendors.stripe.publishableKey,
  });
  const forged = await askEdge('/members/webhooks/stripe/', {
    method: 'POST',
    headers: { 'stripe-signature': 't=1,v1=00', 'content-type': 'application/json' },
    body: '{}',
  });
  expect([forged.status, forged.headers['x-powered-by']]).toEqual([401, undefined]);
  const email = `payer-of-ghost-${Date.now()}@example.org`;
  const answer = await vi.waitUntil(
    async () => {
      const site = `https://${DOMAIN}`;
      const answer = await askForCheckout({ admin, url: site, email, fetch: fetchThroughEdge });
      return answer.ok && answer;
    },
    { timeout: 30_000, interval: 500 },
  );
  const checkout = ((await answer.json()) as { url: string }).url;
  const page = await (await fetchThroughEdge(checkout)).text();
  const [, action = ''] = /method="post" action="([^"]+)"/.exec(page) ?? [];
  const paid = await fetchThroughEdge(new URL(action, checkout), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email, name: 'Paying Reader' }).toString(),
  });
  expect(paid.status).toBeLessThan(400);
  await vi.waitUntil(
    async () => (await admin.members.browse({ filter: `email:'${email}'` }))[0]?.status === 'paid',
    { timeout: 60_000, interval: 500 },
  );
});
