import {
  type AdminClient,
  bootGhost,
  CHROMIUM_FLAGS,
  chromiumPath,
  createAdminClient,
  type RunningGhost,
} from '@prosora/ghost-local';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Recorder, startRecorder, TRACKER } from '../../fixtures/recorder.ts';

const SCRIPTS = ['ghost', 'ours'] as const;
const TYPE_OF = { ghost: 'application/json', ours: 'text/plain' };
/** Ghost's script sends 300 ms after it ran: longer than that nothing comes any more. */
const SILENCE_MS = 900;
/** What is only for the eye. */
const LOOKS = /\.(css|png|jpe?g|webp|svg|ico|woff2?)(\?|$)/;

const started = new AsyncDisposableStack();
let ghost: RunningGhost;
let admin: AdminClient;
let recorder: Recorder;
let browser: Browser;
/** Runs both scripts, for whatever asks for nothing of its own: a new one costs the machine more than the page. */
let tab: Page;
let post: { id: string };
let author: { slug: string };

beforeAll(async () => {
  recorder = started.use(await startRecorder());
  ghost = started.use(
    await bootGhost({
      config: {
        tinybird: {
          workspaceId: 'any',
          adminToken: 'a-secret-of-this-test',
          tracker: { endpoint: recorder.endpoint, datasource: 'analytics_events' },
          stats: { endpoint: recorder.url },
        },
      },
    }),
  );
  admin = createAdminClient(ghost);
  await admin.setup();
  const values = { title: 'Fog', slug: 'fog', tags: [{ name: 'news' }], status: 'published' };
  post = await admin.posts.add(values);
  const { users } = await admin.request<{ users: { slug: string }[] }>('GET', 'users');
  author = users[0] ?? { slug: '' };
  browser = await chromium.launch({
    executablePath: chromiumPath ?? 'chromium',
    args: CHROMIUM_FLAGS,
  });
  started.defer(() => browser.close());
  tab = await (await open(SCRIPTS)).newPage();
});
afterAll(() => started.disposeAsync());

/** A browser that gets these scripts where Ghost's is asked for, and no looks. */
async function open(
  scripts: readonly Script[],
  { isMonitoring = true, init = '' } = {},
): Promise<BrowserContext> {
  const context = await browser.newContext();
  await context.addInitScript(`window.__GHOST_SYNTHETIC_MONITORING__ = ${isMonitoring};${init}`);
  await context.route(LOOKS, (route) => route.abort());
  await context.route('**/public/ghost-stats.min.js*', async (route) => {
    const texts = scripts.map(async (script) =>
      script === 'ours' ? TRACKER : await (await route.fetch()).text(),
    );
    const body = (await Promise.all(texts)).join('\n;');
    await route.fulfill({ contentType: 'text/javascript', body });
  });
  return context;
}

type Script = (typeof SCRIPTS)[number];

/** Ghost's script posts JSON, ours a beacon's text. */
const sentBy = (script: Script) =>
  recorder.hits.filter(({ contentType }) => contentType?.startsWith(TYPE_OF[script]));

/** The one hit of a script, without what differs from hit to hit. */
async function hitOf(script: Script) {
  await vi.waitUntil(() => sentBy(script).length > 0, { timeout: 15_000 });
  expect(sentBy(script)).toHaveLength(1);
  const { timestamp, payload, ...envelope } = sentBy(script)[0]?.body ?? {};
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const { event_id, location, timezone, ...rest } = payload;
  expect(event_id).toMatch(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/);
  return { envelope, payload: rest, location, timezone };
}

/** Loads the page once, with both scripts; with `options`, even empty ones, in a browser of its own. */
async function hitsOfBoth(load: (page: Page) => Promise<unknown>, options?: object) {
  recorder.hits.length = 0;
  const context = options && (await open(SCRIPTS, options));
  await load((await context?.newPage()) ?? tab);
  const both = [await hitOf('ghost'), await hitOf('ours')] as const;
  await context?.close();
  return both;
}

function expectSame([theirs, ours]: Awaited<ReturnType<typeof hitsOfBoth>>) {
  expect(ours.payload).toEqual(theirs.payload);
  expect(ours.envelope).toEqual(theirs.envelope);
  // The country is the collector's work, from the zone.
  expect([ours.location, ours.timezone]).toEqual([null, expect.any(String)]);
}

const EVERY_UTM =
  'utm_source=letter&utm_medium=email&utm_campaign=may&utm_term=fog&utm_content=top';

test.each<[string, string, { referer?: string }]>([
  ['the home page', '/', {}],
  ['a post', '/fog/', {}],
  ['a page', '/about/', {}],
  ['a tag', '/tag/news/', {}],
  ['an author', '/author/AUTHOR/', {}],
  ['all UTM parameters', `/fog/?${EVERY_UTM}`, {}],
  ['empty parameters', '/fog/?utm_source=&ref=', {}],
  ['a word as ?ref=', '/fog/?ref=ghost-newsletter', {}],
  ['?source=', '/fog/?source=hacker%20news', {}],
  ['only a medium', '/fog/?utm_medium=social', {}],
  ['?ref= before ?source= before utm_source', '/fog/?utm_source=a&source=b&ref=c', {}],
  ['an address of this site as ?ref=', '/fog/?ref=SITE/about/', { referer: 'https://a.example/' }],
  ['a hash of the portal', '/fog/?ref=lost#/portal/signup?ref=partner&utm_source=x', {}],
  ['a hash of the portal at the home page', '/#/portal/signup?ref=partner', {}],
  ['another hash', '/fog/?ref=kept#second-heading', {}],
  ['a reader from a search', '/fog/', { referer: 'https://www.google.com/' }],
  ['a reader from this site', '/fog/', { referer: 'SITE/about/' }],
  ['a referrer beside ?ref=', '/fog/?ref=x', { referer: 'https://news.example/a?b=c' }],
])('Ghost’s script and ours say the same of %s', async (_what, path, { referer = '' }) => {
  const withSite = (address: string) =>
    address.replace('SITE', ghost.url).replace('AUTHOR', author.slug);
  const load = (page: Page) =>
    page.goto(`${ghost.url}${withSite(path)}`, {
      ...(referer && { referer: withSite(referer) }),
    });
  expectSame(await hitsOfBoth(load));
});

test('… of a member who reads', async () => {
  const { members } = await admin.request<{ members: { id: string; uuid: string }[] }>(
    'POST',
    'members',
    { json: { members: [{ email: 'jamie@example.com', name: 'Jamie' }] } },
  );
  const { id, uuid } = members[0] ?? { id: '', uuid: '' };
  const both = await hitsOfBoth(async (page) => {
    const { member_signin_urls } = await admin.request<{ member_signin_urls: { url: string }[] }>(
      'GET',
      `members/${id}/signin_urls`,
    );
    // Signing in ends at a page of its own, which is not the one compared.
    await page.request.get(member_signin_urls[0]?.url ?? '', { maxRedirects: 0 });
    await page.goto(`${ghost.url}/fog/`);
  }, {});
  expect(both[1].payload).toMatchObject({ member_uuid: uuid, member_status: 'free' });
  expectSame(both);
});

test('… of a gift', async () => {
  const { gift_links } = await admin.request<{ gift_links: { token: string }[] }>(
    'PUT',
    `posts/${post.id}/gift_links`,
  );
  const token = gift_links[0]?.token;
  const both = await hitsOfBoth((page) => page.goto(`${ghost.url}/fog/?gift=${token}`));
  expect(both[1].payload).toMatchObject({ gift_link: token });
  expectSame(both);
});

test('… of a tab that is opened in the background or made ahead, once it is looked at', async () => {
  // What Chromium says of a page in the background and of one it prerenders (`document.prerendering`).
  const init = `
    const isHidden = () => !window.isLookedAt;
    Object.defineProperty(Document.prototype, 'hidden', { get: isHidden });
    Object.defineProperty(Document.prototype, 'visibilityState', {
      get: () => (isHidden() ? 'hidden' : 'visible'),
    });`;
  const both = await hitsOfBoth(
    async (page) => {
      await page.goto(`${ghost.url}/fog/`);
      await page.waitForTimeout(SILENCE_MS);
      expect(recorder.hits).toEqual([]);
      await page.evaluate(
        'window.isLookedAt = true; document.dispatchEvent(new Event("visibilitychange"))',
      );
    },
    { init },
  );
  expectSame(both);
});

async function expectSilence(script: Script, path: string, options = {}) {
  const context = await open([script], options);
  const page = await context.newPage();
  recorder.hits.length = 0;
  const loaded = page.waitForResponse(/ghost-stats\.min\.js/);
  await page.goto(path);
  expect((await loaded).status()).toBe(200);
  await page.waitForTimeout(SILENCE_MS);
  await context.close();
  expect(recorder.hits).toEqual([]);
}

test.each(SCRIPTS)('%s: a browser that is driven is not counted', async (script) => {
  await expectSilence(script, `${ghost.url}/fog/`, { isMonitoring: false });
});

test.each(SCRIPTS)('%s: a page in a frame is not counted', async (script) => {
  recorder.pages.set('/framed', `<iframe src="${ghost.url}/fog/"></iframe>`);
  await expectSilence(script, `${recorder.url}/framed`);
});
