import { setTimeout as delay } from 'node:timers/promises';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import autocannon from 'autocannon';
import { expect, inject, test } from 'vitest';
import { fetchThroughEdge } from '../edge.ts';
import { signIn } from '../people.ts';
import { DOMAIN } from '../stack.ts';

const { soak } = inject('proof');
const { ca } = inject('stack');
const SECONDS = soak ? 600 : 10;
const VISITORS_A_SECOND = soak ? 300 : 40;
/** One in twenty is a member, whose pages Ghost makes each time. */
const MEMBERS_A_SECOND = VISITORS_A_SECOND / 20;
const EDIT_EVERY_MS = soak ? 60_000 : 3_000;

/** Visits so many times a second, by connections that stay open as a browser's do. */
function visit(aSecond: number, headers: Record<string, string> = {}) {
  return autocannon({
    url: 'https://127.0.0.1',
    servername: DOMAIN,
    tlsOptions: { ca },
    headers: { host: DOMAIN, ...headers },
    requests: ['/', '/about/', '/rss/', '/robots.txt'].map((path) => ({ path })),
    connections: 10,
    overallRate: aSecond,
    duration: SECONDS,
  });
}

test(`${VISITORS_A_SECOND} visitors a second, members among them, and an editor who publishes meet no error`, {
  timeout: (SECONDS + 120) * 1_000,
}, async () => {
  const admin = await signIn();
  const member = await admin.members.add({ email: `visitor-${Date.now()}@example.org` });
  type Urls = { member_signin_urls: { url: string }[] };
  const urls = await admin.request<Urls>('GET', `members/${member.id}/signin_urls`);
  const signedIn = await fetchThroughEdge(urls.member_signin_urls[0]?.url ?? '');
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const end = Date.now() + SECONDS * 1_000;
  const editor = async () => {
    for (let n = 0; Date.now() < end; n++) {
      await admin.posts.add({
        title: `Published among visitors ${n}`,
        lexical: lexicalDocument(paragraph('News.')),
        status: 'published',
      });
      await delay(EDIT_EVERY_MS);
    }
  };
  const [visitors, members] = await Promise.all([
    visit(VISITORS_A_SECOND - MEMBERS_A_SECOND),
    visit(MEMBERS_A_SECOND, { cookie }),
    editor(),
  ]);
  for (const [who, { requests, latency, errors, non2xx }] of Object.entries({
    visitors,
    members,
  })) {
    console.log(
      `${who}: ${requests.total} visits, ${errors + non2xx} failed, p99 ${latency.p99} ms`,
    );
    expect([errors, non2xx]).toEqual([0, 0]);
    expect(requests.total).toBeGreaterThan(0);
  }
});
