import assert from 'node:assert/strict';
import { CHROMIUM_FLAGS, chromiumPath, lexicalDocument, paragraph } from '@prosora/ghost-local';
import { type Browser, chromium } from 'playwright-core';
import { type Proof, type Site, Unproven } from '../site.ts';
import { until } from '../until.ts';

/** How a reader comes; Ghost's script does not count a browser that says it is automated. */
interface Reader {
  userAgent: string;
  referer?: string;
  views: number;
}

const READERS: Reader[] = [
  {
    userAgent: 'Mozilla/5.0 (X11; Linux x64; rv:146.0) Gecko/20100101 Firefox/146.0',
    referer: 'https://www.google.com/',
    views: 2,
  },
  {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
    views: 1,
  },
];

const COUNTED_WITHIN_MS = 20_000;

/** What collector and engine promise: what readers do shows in Ghost's own charts, with no Tinybird account. */
export function pageViewProofs(): Proof[] {
  return [
    {
      claim: 'page views in a browser show in Ghost’s own charts',
      async prove(site) {
        if (!chromiumPath) {
          throw new Unproven('no Chromium on this machine: install one or set CHROMIUM_PATH');
        }
        const browser = await chromium.launch({
          executablePath: chromiumPath,
          args: CHROMIUM_FLAGS,
        });
        try {
          return await showsInCharts(site, browser);
        } finally {
          await browser.close();
        }
      },
    },
  ];
}

async function showsInCharts(site: Site, browser: Browser): Promise<string> {
  const post = await site.admin.posts.add({
    title: `Read by nobody yet, ${new Date().toISOString()}`,
    lexical: lexicalDocument(paragraph('Published, opened and counted by this run.')),
    tags: [{ name: '#proof' }],
    published_at: new Date(Date.UTC(2020, 0, 1)).toISOString(),
    status: 'published',
  });
  for (const reader of READERS) await read(browser, post.url, reader);
  const views = READERS.reduce((sum, reader) => sum + reader.views, 0);

  const ask = await chartsOf(site, post.uuid);
  const counted = async () => {
    const days = await ask<{ pageviews: number; visits: number }>('api_kpis');
    const pageviews = days.reduce((sum, day) => sum + Number(day.pageviews), 0);
    return pageviews >= views ? { pageviews, days } : undefined;
  };
  const { pageviews, days } = await until('Ghost’s charts', counted, COUNTED_WITHIN_MS);
  assert.equal(pageviews, views);
  assert.equal(
    days.reduce((sum, day) => sum + Number(day.visits), 0),
    READERS.length,
  );
  assert.deepEqual(countsOf(await ask('api_top_sources'), 'source'), { Google: 1, '': 1 });
  assert.deepEqual(countsOf(await ask('api_top_devices'), 'device'), {
    desktop: 1,
    'mobile-ios': 1,
  });
  await ghostItselfKnows(site, new URL(post.url).pathname);
  return `${views} views by ${READERS.length} readers, from Google and directly, on desktop and iPhone`;
}

async function read(
  browser: Browser,
  url: string,
  { userAgent, referer, views }: Reader,
): Promise<void> {
  const context = await browser.newContext({ userAgent });
  // A test browser says so in `navigator.webdriver`; this is how Ghost lets its own monitoring be counted.
  await context.addInitScript('window.__GHOST_SYNTHETIC_MONITORING__ = true');
  for (let view = 0; view < views; view++) {
    const page = await context.newPage();
    const taken = page.waitForResponse((response) => response.url().includes('/page_hit'));
    await page.goto(url, referer ? { referer } : {});
    assert.equal((await taken).status(), 202, 'The collector did not take a page view.');
    await page.close();
  }
  await context.close();
}

/** Asks for charts of one post as Ghost Admin does in the browser: with Ghost's own token, at the site's origin. */
async function chartsOf({ admin, url }: Site, postUuid: string) {
  const { tinybird } = await admin.request<{ tinybird: { token: string } }>(
    'GET',
    'tinybird/token',
  );
  const today = new Date().toISOString().slice(0, 10);
  return async <Row>(pipe: string): Promise<Row[]> => {
    const query = new URLSearchParams({
      post_uuid: postUuid,
      date_from: today,
      date_to: today,
      timezone: 'Etc/UTC',
    });
    const answer = await fetch(`${url}/.ghost/analytics/v0/pipes/${pipe}.json?${query}`, {
      headers: { authorization: `Bearer ${tinybird.token}` },
    });
    assert.equal(answer.status, 200, `${pipe} was answered ${answer.status}.`);
    return ((await answer.json()) as { data: Row[] }).data;
  };
}

function countsOf(rows: Record<string, unknown>[], key: string): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [String(row[key]), Number(row['visits'])]));
}

/** The same through Ghost's server, which asks the engine by the site's own address. */
async function ghostItselfKnows({ admin }: Site, pathname: string): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const query = { date_from: today, date_to: today, timezone: 'Etc/UTC' };
  const visits = await until('the visits that Ghost itself knows', async () => {
    const { stats } = await admin.stats<{ stats: { pathname: string; visits: number }[] }>(
      'top-content',
      query,
    );
    // Ghost asks the engine once: of a question without an answer it makes an empty list.
    return stats.find((row) => row.pathname === pathname)?.visits;
  });
  assert.equal(Number(visits), READERS.length, `Ghost knows ${visits} visits of ${pathname}.`);
}
