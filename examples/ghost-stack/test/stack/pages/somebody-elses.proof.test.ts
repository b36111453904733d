import { type AdminClient, lexicalDocument, paragraph } from '@prosora/ghost-local';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { askEdge, fetchThroughEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { contentKey, repeat } from './memory-of-pages.ts';

const { soak } = inject('proof');
const READS = soak ? 200_000 : 600;
/** A word that stands nowhere but in what only members may read. */
const CANARY = 'zimtschnecke';

let admin: AdminClient;
let cookie = '';
let paths: string[] = [];

beforeAll(async () => {
  admin = await signIn();
  const write = async (visibility: string) => {
    const { slug } = await admin.posts.add({
      title: `For ${visibility} alone`,
      lexical: lexicalDocument(paragraph('A first line.'), paragraph(`Inside: ${CANARY}.`)),
      visibility,
      status: 'published',
    });
    return String(slug);
  };
  const slugs = [await write('members'), await write('paid')];
  const key = await contentKey();
  paths = [
    ...slugs.flatMap((slug) => [`/${slug}/`, `/${slug}/?ref=mail`, `/${slug}.md`, `/${slug}/amp/`]),
    ...['/', '/rss/', '/sitemap-posts.xml', '/llms.txt'],
    `/ghost/api/content/posts/?key=${key}`,
    `/ghost/api/content/posts/slug/${slugs[0]}/?key=${key}`,
    `/ghost/api/content/search-index/posts/?key=${key}`,
  ];
  cookie = await cookieOfMember();
});

/** Signs a new member in as the link in a mail does. */
async function cookieOfMember(): Promise<string> {
  const member = await admin.members.add({ email: `insider-${Date.now()}@example.org` });
  type Urls = { member_signin_urls: { url: string }[] };
  const urls = await admin.request<Urls>('GET', `members/${member.id}/signin_urls`);
  const answer = await fetchThroughEdge(urls.member_signin_urls[0]?.url ?? '');
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

test(`of ${READS} reads without a cookie none has what is for members`, {
  timeout: 3_600_000,
}, async () => {
  let told = 0;
  let insiders = 0;
  await repeat(READS, 8, async (n) => {
    const path = paths[n % paths.length] ?? '/';
    // Members read the same at the same time.
    if (n % 5 === 0) {
      const { body } = await askEdge(path, { headers: { cookie } });
      if (body.includes(CANARY)) insiders++;
    }
    if ((await askEdge(path)).body.includes(CANARY)) told++;
  });
  expect(told).toBe(0);
  expect(insiders).toBeGreaterThan(0);
});

test('a site that was made private shows nothing to who has not said the password', async () => {
  expect((await askEdge('/')).status).toBe(200);
  await admin.settings.edit({ is_private: true, password: 'harbour' });
  try {
    for (const path of ['/', '/about/', '/rss/', '/']) {
      const { status, headers } = await askEdge(path);
      expect([status, headers.location?.startsWith('/private/')], path).toEqual([302, true]);
    }
  } finally {
    await admin.settings.edit({ is_private: false });
  }
  expect((await askEdge('/')).status).toBe(200);
});

afterAll(async () => {
  await admin.settings.edit({ is_private: false });
});
