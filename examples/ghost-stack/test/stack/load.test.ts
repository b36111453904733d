import { randomUUID } from 'node:crypto';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { signIn } from './people.ts';
import { compose, containerOf, inspect, SERVICES, sql } from './stack.ts';

/** What the stack bears on a machine of 2 GB, as its README says. */
const MACHINE = { memoryMb: 2048, systemMb: 200 };

/** Does something so often, by so many at a time. */
async function repeat(count: number, width: number, work: (n: number) => Promise<unknown>) {
  let begun = 0;
  const one = async () => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: width }, one));
}

/** The last start of each service: one that was killed for its memory has a later one. */
async function starts() {
  const states = await Promise.all(SERVICES.map((service) => inspect(containerOf(service))));
  return states.map(({ State, RestartCount }) => [State.Pid, RestartCount]);
}

const pageHit = () => ({
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  },
  body: JSON.stringify({
    timestamp: new Date().toISOString(),
    action: 'page_hit',
    version: '1',
    payload: {
      event_id: randomUUID(),
      site_uuid: randomUUID(),
      locale: 'en-GB',
      location: 'GB',
      pathname: '/',
      href: 'https://ghost.localhost/',
    },
  }),
});

test('the limits of all services together leave a machine of 2 GB to its system', async () => {
  const { services } = JSON.parse(await compose(['config', '--format', 'json'])) as {
    services: Record<string, { mem_limit: string; restart?: string; profiles?: string[] }>;
  };
  const staying = Object.values(services).filter(
    ({ restart, profiles }) => restart !== 'no' && !profiles?.includes('sandbox'),
  );
  const sumMb = staying.reduce((sum, { mem_limit }) => sum + Number(mem_limit) / 2 ** 20, 0);
  expect(sumMb).toBeLessThanOrEqual(MACHINE.memoryMb - MACHINE.systemMb);
});

test('readers, page views, charts and a newsletter to 1,000 at once end no service', async () => {
  const admin = await signIn();
  const before = await starts();
  const rows = Array.from({ length: 1_000 }, (_, n) => `load-${n}@example.org,Reader ${n},true`);
  const form = new FormData();
  const csv = ['email,name,subscribed_to_emails', ...rows].join('\n');
  form.append('membersfile', new File([csv], 'members.csv', { type: 'text/csv' }));
  await admin.request('POST', 'members/upload', { form });
  await vi.waitUntil(
    async () => (await sql("SELECT COUNT(*) FROM members WHERE email LIKE 'load-%'")) === '1000',
    { timeout: 120_000, interval: 1_000 },
  );
  const draft = await admin.posts.add({
    title: 'To everybody',
    lexical: lexicalDocument(paragraph('All at once.')),
  });
  const [newsletter] = await admin.newsletters.browse();
  const { email } = await admin.posts.publish(draft.id, { newsletter: newsletter?.slug ?? '' });
  const today = new Date().toISOString().slice(0, 10);
  await Promise.all([
    repeat(1_500, 20, async () => expect((await askEdge('/')).status).toBe(200)),
    repeat(3_000, 10, async () => {
      const at = '/.ghost/analytics/api/v1/page_hit?name=analytics_events';
      expect((await askEdge(at, pageHit())).status).toBe(202);
    }),
    repeat(100, 4, async () => {
      await admin.stats('top-content', { date_from: today, date_to: today, timezone: 'Etc/UTC' });
    }),
    vi.waitUntil(async () => (await admin.emails.read(email?.id ?? '')).status === 'submitted', {
      timeout: 150_000,
      interval: 500,
    }),
  ]);
  expect(await starts()).toEqual(before);
});
