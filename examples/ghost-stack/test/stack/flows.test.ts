import { askForCheckout, lexicalDocument, paragraph } from '@prosora/ghost-local';
import sharp from 'sharp';
import { expect, test, vi } from 'vitest';
import { openBrowser, signInAtAdmin } from './browser.ts';
import { fetchThroughEdge } from './edge.ts';
import { mailTo, signIn } from './people.ts';
import { DOMAIN, exec } from './stack.ts';

const SITE = `https://${DOMAIN}`;

test('the front page and a post show without a complaint of the browser', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await page.goto(SITE);
  await page.getByRole('link', { name: 'Coming soon' }).first().click();
  await page.getByRole('heading', { name: 'Coming soon' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a reader signs up in Portal and enters with the link in the mail', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  const email = `reader-${Date.now()}@example.org`;
  await page.goto(`${SITE}/#/portal/signup`);
  const portal = page.frameLocator('iframe[title="portal-popup"]');
  await portal.locator('input[name=name]').fill('Ada Reader');
  await portal.locator('input[name=email]').fill(email);
  await portal.getByRole('button', { name: 'Sign up' }).click();
  const { text } = await mailTo(email, 0);
  const link = /https:\/\/\S+token=\S+/.exec(text)?.[0] ?? '';
  await page.goto(link);
  await page.getByText('Account').first().waitFor();
  expect(page.url()).toContain('success=true');
  expect(complaints).toEqual([]);
});

test('the owner signs in, uploads a picture in the editor and sees it', async () => {
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await signInAtAdmin(page, SITE);
  await page.goto(`${SITE}/ghost/#/editor/post`);
  await page.getByPlaceholder('Post title').fill('Fog over the harbour');
  const picture = await sharp({
    create: { width: 1600, height: 900, channels: 3, background: '#7a93a8' },
  })
    .jpeg()
    .toBuffer();
  const editor = page.locator('[data-lexical-editor=true]').first();
  await editor.click();
  await page.keyboard.type('/image');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles({ name: 'fog.jpg', mimeType: 'image/jpeg', buffer: picture });
  const shown = page.locator('[data-kg-card=image] img');
  const stored = new RegExp(`^${SITE}/content/images/\\d{4}/\\d{2}/fog.*\\.jpg$`);
  await vi.waitUntil(
    async () => {
      const { src, naturalWidth } = await shown.evaluate(
        (image: { src: string; naturalWidth: number }) => ({
          src: image.src,
          naturalWidth: image.naturalWidth,
        }),
      );
      return stored.test(src) && naturalWidth === 1600;
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(complaints).toEqual([]);
});

test('page views in a browser show on the pages of Ghost Admin', async () => {
  const admin = await signIn();
  const post = await admin.posts.add({
    title: 'Counted in containers',
    lexical: lexicalDocument(paragraph('Read three times.')),
    status: 'published',
  });
  for (const visit of [1, 2, 3]) {
    await using reader = await openBrowser();
    const taken = reader.page.waitForResponse((answer) => answer.url().includes('/page_hit'));
    await reader.page.goto(`${post.url}?visit=${visit}`);
    expect((await taken).status()).toBe(202);
    expect(reader.complaints).toEqual([]);
  }
  const today = new Date().toISOString().slice(0, 10);
  const range = { date_from: today, date_to: today, timezone: 'Etc/UTC' };
  // Ghost's server asks for them at the site's own https address.
  await vi.waitUntil(
    async () => {
      type Pages = { stats: { pathname: string; visits: number }[] };
      const { stats } = await admin.stats<Pages>('top-content', range);
      return stats.some(({ pathname }) => pathname === '/counted-in-containers/');
    },
    { timeout: 90_000, interval: 1_000 },
  );
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await signInAtAdmin(page, SITE);
  await page.goto(`${SITE}/ghost/#/analytics/web`);
  await page.getByText('Counted in containers').first().waitFor();
  await page.getByText('Unique visitors').first().waitFor();
  expect(complaints).toEqual([]);
});

test('what Ghost was started with holds no secret but the one it reads from there alone', async () => {
  const environment = await exec('ghost', 'cat', '/proc/1/environ');
  const secrets = environment
    .split('\0')
    .filter(
      (line) =>
        /(PASSWORD|SECRET|TOKEN|KEY)[^=]*=/i.test(line) && !/_FILE=|_KEY_?PREFIX/i.test(line),
    )
    .map((line) => line.split('=')[0]);
  expect(secrets.filter((name) => !name?.startsWith('adapters__'))).toEqual(['WEBHOOK_SECRET']);
});

test('a reader who pays at the stand-in’s checkout becomes a paid member', async () => {
  const admin = await signIn();
  const vendors = (await (await fetchThroughEdge(`https://sandbox.${DOMAIN}/vendors`)).json()) as {
    stripe: { secretKey: string; publishableKey: string };
  };
  const { secretKey, publishableKey } = vendors.stripe;
  await admin.settings.edit({
    stripe_secret_key: secretKey,
    stripe_publishable_key: publishableKey,
  });
  const email = `payer-${Date.now()}@example.org`;
  const answer = await vi.waitUntil(
    async () => {
      const answer = await askForCheckout({ admin, url: SITE, email, fetch: fetchThroughEdge });
      // Ghost takes its keys up a moment after it has stored them.
      return answer.ok && answer;
    },
    { timeout: 30_000, interval: 500 },
  );
  const checkout = ((await answer.json()) as { url: string }).url;
  expect(new URL(checkout).host).toBe(`stripe.sandbox.${DOMAIN}`);
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  await page.goto(checkout);
  await page.locator('input[name=email]').fill(email);
  await page.locator('input[name=name]').fill('Paying Reader');
  await page.getByRole('button').first().click();
  await page.waitForURL(`${SITE}/**`);
  await vi.waitUntil(
    async () => {
      const [member] = await admin.members.browse({ filter: `email:'${email}'` });
      return member?.status === 'paid';
    },
    { timeout: 60_000, interval: 500 },
  );
  expect(complaints).toEqual([]);
});

test('the link to a preview shows the draft, and what was edited since', async () => {
  const admin = await signIn();
  const draft = await admin.posts.add({ title: 'A first draft' });
  await using browser = await openBrowser();
  const { page, complaints } = browser;
  for (const title of ['A first draft', 'A second draft']) {
    await admin.posts.edit(draft.id, { title });
    await page.goto(`${SITE}/p/${draft.uuid}/`);
    await page.getByRole('heading', { name: title }).first().waitFor();
  }
  expect(complaints).toEqual([]);
});
