import { setTimeout as delay } from 'node:timers/promises';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, inject, test } from 'vitest';
import { askEdge, fetchThroughEdge } from '../edge.ts';
import { signIn } from '../people.ts';

const { soak } = inject('proof');
const SECONDS = soak ? 600 : 10;
const VISITORS_A_SECOND = soak ? 300 : 30;
/** One in twenty is a member, whose pages Ghost makes each time. */
const MEMBERS = 20;
const EDIT_EVERY_MS = soak ? 60_000 : 3_000;

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
  const failed: string[] = [];
  const took: number[] = [];
  const visit = async (n: number) => {
    const path = ['/', '/about/', '/rss/', '/robots.txt'][n % 4] ?? '/';
    const headers: Record<string, string> = n % MEMBERS === 0 ? { cookie } : {};
    const startedAt = performance.now();
    const answer = await askEdge(path, { headers }).catch((error: Error) => error);
    if (!headers['cookie']) took.push(performance.now() - startedAt);
    const status = answer instanceof Error ? answer.message : answer.status;
    if (status !== 200) failed.push(`${path}: ${status}`);
  };
  const editor = (async () => {
    for (let n = 0; Date.now() < end; n++) {
      await admin.posts.add({
        title: `Published among visitors ${n}`,
        lexical: lexicalDocument(paragraph('News.')),
        status: 'published',
      });
      await delay(EDIT_EVERY_MS);
    }
  })();
  const visits: Promise<void>[] = [];
  for (let n = 0; Date.now() < end; n++) {
    visits.push(visit(n));
    await delay(1_000 / VISITORS_A_SECOND);
  }
  await Promise.all(visits);
  await editor;
  const p99 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0;
  console.log(
    `${visits.length} visits, ${failed.length} failed, p99 of visitors ${p99.toFixed(0)} ms`,
  );
  expect(failed).toEqual([]);
});
