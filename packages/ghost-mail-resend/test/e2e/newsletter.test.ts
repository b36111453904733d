import {
  type AdminClient,
  bootGhost,
  CHROMIUM_FLAGS,
  chromiumPath,
  createAdminClient,
  DEFAULT_OWNER,
  type RunningGhost,
} from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  API_KEY,
  DOMAIN,
  type MailLab,
  startMailLab,
  until,
} from '../fixtures/bridge-with-resend.ts';

const MEMBERS = Array.from({ length: 25 }, (_, at) => ({
  email: `Reader.${at}@example.org`,
  name: `Reader${at} O'Neil <b>$&</b>`,
}));

/** Ghost reads no event younger than this (email-analytics-service.js). */
const MARGIN_MS = 62_000;

const WAIT = { timeout: 60_000, interval: 250 };

let lab: MailLab;
let ghost: RunningGhost;
let admin: AdminClient;
let postId: string;

beforeAll(async () => {
  lab = await startMailLab({ settings: { autoDeliver: false } });
  ghost = await bootGhost({
    config: {
      bulkEmail: {
        // SQLite cannot take Ghost's usual 1,000 at once; ten show that batches add up.
        batchSize: 10,
        mailgun: { baseUrl: `${lab.bridge.url}/v3`, apiKey: API_KEY, domain: DOMAIN },
      },
      mail: {
        transport: 'Mailgun',
        from: 'noreply@lab.example.com',
        options: { url: lab.bridge.url, auth: { api_key: API_KEY, domain: DOMAIN } },
      },
    },
  });
  admin = createAdminClient(ghost);
  await admin.setup();
  for (const member of MEMBERS) await admin.members.add(member);
});

afterAll(async () => {
  await ghost?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

async function publishNewsletter() {
  const [newsletter] = await admin.newsletters.browse();
  const card = { type: 'email', version: 1, html: '<p>Hey {first_name}, this is for you.</p>' };
  const lexical = JSON.stringify({
    root: { type: 'root', version: 1, direction: null, format: '', indent: 0, children: [card] },
  });
  const draft = await admin.posts.add({ title: 'News from the harbour', lexical });
  const post = await admin.posts.publish(draft.id, { newsletter: newsletter?.slug ?? '' });
  postId = draft.id;
  return post.email?.id ?? '';
}

describe('a sign-in mail of a real Ghost by mail.transport=Mailgun', () => {
  async function signUp(email: string) {
    const api = `${ghost.url}/members/api`;
    const integrityToken = await (await fetch(`${api}/integrity-token/`)).text();
    return await fetch(`${api}/send-magic-link/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, emailType: 'signup', integrityToken }),
    });
  }

  test('is at Resend when Ghost says so, with its link', async () => {
    expect((await signUp('visitor@example.net')).status).toBe(201);
    const [mail] = lab.resend.inbox.list('visitor@example.net');
    const link = new RegExp(`${ghost.url}/members/\\?token=`);
    expect(lab.resend.inbox.get(mail?.id ?? '').html).toMatch(link);
  });

  test('that Resend refuses is not taken for sent', async () => {
    const body = { name: 'validation_error', message: 'The domain is not verified.' };
    lab.resend.faults.set([{ match: { path: /^\/emails$/ }, fault: { status: 403, body } }]);
    expect((await signUp('stranger@example.net')).ok).toBe(false);
    lab.resend.faults.clear();
  });
});

describe('a newsletter of a real Ghost', () => {
  test('reaches each member once, and its fate comes back into a Ghost that was down for a minute', async () => {
    const emailId = await publishNewsletter();
    await vi.waitUntil(async () => (await admin.emails.read(emailId)).status === 'submitted', WAIT);
    const members = await admin.members.browse({ limit: 100 });
    await ghost.stop();
    const newsletters = () =>
      lab.resend.inbox.list().filter(({ subject }) => subject === 'News from the harbour');
    await vi.waitUntil(() => newsletters().length >= MEMBERS.length, { timeout: 60_000 });

    const mails = newsletters().map(({ id }) => lab.resend.inbox.get(id));
    expect(mails.map(({ to }) => to[0]).toSorted()).toEqual(
      MEMBERS.map(({ email }) => email).toSorted(),
    );
    for (const mail of mails) {
      const member = members.find(({ email }) => email === mail.to[0]);
      const first = member?.name?.split(' ')[0];
      expect(mail.html).toContain(`Hey ${first}, this is for you.`);
      expect(mail.headers?.['List-Unsubscribe']).toMatch(
        new RegExp(`^<${ghost.url}/unsubscribe/\\?uuid=${member?.uuid}&[^>]*>$`),
      );
      expect(JSON.stringify(mail)).not.toMatch(/%recipient\.|%tag_/);
    }

    const [bounced, ...arrived] = mails;
    for (const { id } of arrived) lab.resend.inbox.deliver(id);
    for (const { id } of arrived.slice(0, 3)) lab.resend.inbox.open(id);
    lab.resend.inbox.bounce(bounced?.id ?? '');
    await until(() => lab.resend.pendingWebhooks() === 0);
    const toldAt = Date.now();
    await vi.waitUntil(() => Date.now() > toldAt + MARGIN_MS, {
      timeout: 2 * MARGIN_MS,
      interval: 500,
    });

    await ghost.restart();
    await ghost.fetchEmailAnalytics();
    expect(await admin.emails.read(emailId)).toMatchObject({
      status: 'submitted',
      email_count: 25,
      delivered_count: 24,
      opened_count: 3,
      failed_count: 1,
    });
    const [failure] = await admin.emails.failures(emailId);
    expect(failure).toMatchObject({ code: 550, enhanced_code: '5.1.1', severity: 'permanent' });
    expect(await ghost.sql('select email, reason from suppressions')).toEqual([
      { email: bounced?.to[0], reason: 'bounce' },
    ]);

    // Enabled again by a person, the member is taken off Resend's list too.
    const [member] = await admin.members.browse({ filter: `email:'${bounced?.to[0]}'` });
    await admin.request('DELETE', `members/${member?.id}/suppression`);
    await until(() => lab.resend.inbox.suppressions().length === 0);
  });

  test.skipIf(lacks('chromium'))(
    "is shown with its opens and bounces in Ghost Admin's post analytics (needs Chromium)",
    async () => {
      await using browser = await launch();
      const page = await browser.newPage({ viewport: { width: 1300, height: 1100 } });
      await page.goto(`${ghost.url}/ghost/#/signin`);
      await page.fill('input[name="identification"]', DEFAULT_OWNER.email);
      await page.fill('input[name="password"]', DEFAULT_OWNER.password);
      await page.press('input[name="password"]', 'Enter');
      await page.waitForURL(/#\/(analytics|dashboard|posts|site)/);
      await page.goto(`${ghost.url}/ghost/#/posts/analytics/${postId}/newsletter`);
      await page.getByText('Open rate').first().waitFor(WAIT);
      const shown = () => page.locator('body').innerText();
      // 3 of 25.
      await expect.poll(shown, WAIT).toMatch(/Opened\s+3\b/);
      const { PROSORA_SCREENSHOT: path } = process.env;
      if (path) await page.screenshot({ path, fullPage: true });
      expect(await shown()).toMatch(/Sent\s+25\b/);
      expect(await shown()).toMatch(/12%\s*Open rate/);
    },
  );
});

async function launch() {
  const browser = await chromium.launch({
    executablePath: chromiumPath ?? '',
    args: CHROMIUM_FLAGS,
  });
  return Object.assign(browser, { [Symbol.asyncDispose]: () => browser.close() });
}
