import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  bootGhost,
  CHROMIUM_FLAGS,
  chromiumPath,
  createAdminClient,
  type GhostPost,
  lexicalDocument,
  paragraph,
  type RunningGhost,
} from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { type Browser, type Page as BrowserPage, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { corpus, eventOf, type Hit, HOME } from '../fixtures/corpus.ts';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../fixtures/test-engine.ts';

// A month of hits made up from a seed; what Ghost Admin shows of them in a browser beside what is
// counted here from the same hits, without the engine.

const { soak, seed } = inject('proof');
const HITS = soak ? 200_000 : 4_000;
const DAYS = 30;
const DAY_MS = 86_400_000;
const BATCH = 5_000;
/** Where screenshots go, for a person to look at. */
const SHOTS = resolve(import.meta.dirname, '../../../../.prosora/admin-pages');
const COUNTRIES: Record<string, string> = {
  US: 'United States',
  GB: 'United Kingdom',
  DE: 'Germany',
};

/** What the pages are filtered by, in the words of the address, and which hits are meant. */
const FILTERS: [string, string, (hit: Hit) => boolean][] = [
  ['without a filter', '', () => true],
  ['from one source', 'source=Google', ({ source }) => source === 'Google'],
  ['from one country', 'location=DE', ({ location }) => location === 'DE'],
  ['on one device', 'device=mobile-ios', ({ device }) => device === 'mobile-ios'],
  ['of one UTM campaign', 'utm_campaign=spring', ({ utm }) => utm.campaign === 'spring'],
  ['of free members', 'audience=free', ({ memberStatus }) => memberStatus === 'free'],
  [
    'of several at once',
    'audience=undefined,free&source=Google&device=desktop&location=US',
    (hit) =>
      ['undefined', 'free'].includes(hit.memberStatus) &&
      hit.source === 'Google' &&
      hit.device === 'desktop' &&
      hit.location === 'US',
  ],
  ['of one UTM source', 'utm_source=newsletter', ({ utm }) => utm.source === 'newsletter'],
  ['of one UTM medium', 'utm_medium=social', ({ utm }) => utm.medium === 'social'],
  ['of one UTM content', 'utm_content=header', ({ utm }) => utm.content === 'header'],
  ['of one UTM term', 'utm_term=ghost', ({ utm }) => utm.term === 'ghost'],
  ['of the public', 'audience=undefined', ({ memberStatus }) => memberStatus === 'undefined'],
];
const FILTERS_IN_SHORT = 7;

let engine: TestEngine;
let ghost: RunningGhost;
let browser: Browser;
let page: BrowserPage;
let hits: Hit[];
let posts: GhostPost[];

describe.skipIf(lacks('chromium'))('Ghost Admin (needs Chromium)', () => {
  beforeAll(async () => {
    engine = await startTestEngine();
    ghost = await bootGhost({
      config: {
        tinybird: {
          workspaceId: 'any',
          adminToken: ADMIN_TOKEN,
          tracker: { endpoint: `${engine.url}/v0/events`, datasource: 'analytics_events' },
          stats: { endpoint: engine.url },
        },
      },
    });
    const admin = createAdminClient(ghost);
    await admin.setup();
    const today = new Date(new Date().toISOString().slice(0, 10));
    posts = [];
    for (let number = 1; number <= 4; number += 1) {
      posts.push(
        await admin.posts.add({
          title: `Story ${number}`,
          lexical: lexicalDocument(paragraph('Read by many.')),
          published_at: new Date(today.getTime() - 60 * DAY_MS).toISOString(),
          status: 'published',
        }),
      );
    }
    const [setting] = await ghost.sql(`SELECT value FROM settings WHERE "key" = 'site_uuid'`);
    const pages = posts.map((post) => ({
      path: new URL(post.url).pathname,
      postUuid: post.uuid,
      postType: 'post' as const,
    }));
    const from = new Date(today.getTime() - DAYS * DAY_MS);
    hits = [...corpus({ seed, hits: HITS, from, days: DAYS, pages: [HOME, ...pages] })];
    for (let at = 0; at < hits.length; at += BATCH) {
      const events = hits
        .slice(at, at + BATCH)
        .map((hit) => eventOf(hit, String(setting?.['value'])));
      expect((await engine.send('analytics_events', events.join('\n'))).status).toBe(200);
    }
    mkdirSync(SHOTS, { recursive: true });
    browser = await chromium.launch({
      executablePath: chromiumPath ?? 'chromium',
      args: CHROMIUM_FLAGS,
    });
    page = await browser.newPage({ viewport: { width: 1440, height: 1400 }, locale: 'en-US' });
    page.setDefaultTimeout(90_000);
    await page.goto(`${ghost.url}/ghost/`);
    await page.locator('input[name=identification]').fill(admin.owner.email);
    await page.locator('input[name=password]').fill(admin.owner.password);
    await page.getByRole('button', { name: /sign in/i }).click();
    await page.getByText('Settings').first().waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await ghost?.[Symbol.asyncDispose]();
    await engine?.close();
  });

  test('shows the visitors of the month and of each post on the overview', async () => {
    await open('analytics', 'overview');
    await shows(
      async () => [
        await textOf('[data-testid="Unique visitors"]'),
        await textOf('[data-testid="top-posts-card"]'),
      ],
      (texts) => {
        expect(texts[0]).toContain(shown(visits(hits)));
        for (const post of posts) {
          expect(texts[1]).toContain(`${post.title}`);
          expect(texts[1]).toContain(
            shown(visits(hits.filter(({ postUuid }) => postUuid === post.uuid))),
          );
        }
      },
    );
  });

  test.each(FILTERS.slice(0, soak ? undefined : FILTERS_IN_SHORT))(
    'shows web traffic %s',
    async (name, filter, isMeant) => {
      const meant = hits.filter(isMeant);
      expect(meant.length).toBeGreaterThan(0);
      await open(`analytics/web?${filter}`, `web ${name}`);
      await shows(
        () => trafficShown(),
        (traffic) => {
          expect(traffic.head).toContain(`Unique visitors\n${shown(visits(meant))}\n`);
          expect(traffic.head).toContain(`Total views\n${shown(meant.length)}\n`);
          const bySource = visitsBy(meant, ({ source }) => source);
          for (const [source, count] of top(bySource, 4)) {
            expect(traffic.sources).toContain(`${source || 'Direct'}\n${shown(count)}`);
          }
          const byPage = visitsBy(meant, ({ postUuid }) => postUuid);
          for (const [uuid, count] of top(byPage, 5)) {
            const title = posts.find((post) => post.uuid === uuid)?.title ?? 'Homepage';
            expect(traffic.content).toContain(`${title}\n${shown(count)}`);
          }
          const byCountry = visitsBy(meant, ({ location }) => location);
          for (const [code, country] of Object.entries(COUNTRIES)) {
            const count = byCountry.get(code);
            if (count) expect(traffic.all).toContain(`${country}\n${shown(count)}`);
          }
        },
      );
    },
  );

  test('shows the traffic of one post, and of its readers from one source', async () => {
    const post = posts[1];
    if (!post) throw new Error('There is no second post.');
    const isRead = (hit: Hit): boolean => hit.postUuid === post.uuid;
    for (const [filter, isMeant] of [
      ['', isRead],
      ['source=Bluesky', (hit: Hit) => isRead(hit) && hit.source === 'Bluesky'],
    ] as const) {
      const meant = hits.filter(isMeant);
      await open(`posts/analytics/${post.id}/web?${filter}`, `post ${filter || 'web'}`);
      await shows(
        () => textOf('main'),
        (text) => {
          expect(text).toContain(`Unique visitors\n${shown(visits(meant))}\n`);
          expect(text).toContain(`Total views\n${shown(meant.length)}\n`);
          for (const [code, country] of Object.entries(COUNTRIES)) {
            const count = visitsBy(meant, ({ location }) => location).get(code);
            if (count) expect(text).toContain(`${country}\n${shown(count)}`);
          }
        },
      );
    }
  });
});

async function open(path: string, name: string): Promise<void> {
  // From the page of the test before, a reader comes to this one without loading it again; in the soak it is loaded.
  if (soak) await page.goto('about:blank');
  await page.goto(`${ghost.url}/ghost/#/${path}`);
  await page.getByText('Unique visitors').locator('visible=true').first().waitFor();
  shot = name.replaceAll(/\W+/g, '-');
}

let shot = '';

/** Waits until the page shows what is expected, and takes a picture of it in any case. */
async function shows<Read>(read: () => Promise<Read>, check: (read: Read) => void): Promise<void> {
  try {
    const isShown = () =>
      vi.waitFor(async () => check(await read()), { timeout: 60_000, interval: 250 });
    // Of what takes it too long Ghost shows nothing, and asks once.
    await isShown().catch(async () => {
      console.log(`${shot} is loaded again.`);
      await page.reload();
      await isShown();
    });
  } finally {
    await page.screenshot({ path: join(SHOTS, `${shot}.png`) });
  }
}

async function trafficShown() {
  const [all, sources, content] = await Promise.all([
    textOf('main'),
    textOf('[data-testid="top-sources-card"]'),
    textOf('[data-testid="top-content-card"]'),
  ]);
  return { all, head: all, sources, content };
}

/** The words of a part of the page, a line each. */
async function textOf(selector: string): Promise<string> {
  const text = await page.locator(selector).first().innerText({ timeout: 5_000 });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n')
    .concat('\n');
}

function visits(some: readonly Hit[]): number {
  return new Set(some.map(({ session }) => session)).size;
}

function visitsBy(some: readonly Hit[], key: (hit: Hit) => string): Map<string, number> {
  const sessions = new Map<string, Set<string>>();
  for (const hit of some) {
    sessions.set(key(hit), (sessions.get(key(hit)) ?? new Set()).add(hit.session));
  }
  return new Map([...sessions].map(([name, set]) => [name, set.size]));
}

function top(counts: ReadonlyMap<string, number>, many: number): [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, many);
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
