import path from 'node:path';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import { expect, inject, test, vi } from 'vitest';
import { askEdge } from './edge.ts';
import { signIn } from './people.ts';
import { compose, containerOf, docker, inspect, SERVICES, sql } from './stack.ts';

/** What the README asks for, with the swap, less what the system takes. */
const MACHINE_MB = 2_048 + 1_024 - 200;

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

/** Page views of so many readers, straight to the collector: at the edge all would be one, who may send 600 a minute. */
async function sendPageViews(count: number, siteUuid: string): Promise<string> {
  const script = path.join(import.meta.dirname, 'foreign/page-views.mjs');
  const mount = `${script}:/page-views.mjs:ro`;
  const network = `${inject('stack').project}_front`;
  return await docker([
    ...['run', '--rm', '--network', network, '--volume', mount, 'node:24-alpine'],
    ...['node', '/page-views.mjs', String(count), siteUuid],
  ]);
}

test('all services together may take no more than the machine that the README asks for has', async () => {
  const { services } = JSON.parse(await compose(['config', '--format', 'json'])) as {
    services: Record<string, { mem_limit: string; restart?: string; profiles?: string[] }>;
  };
  const staying = Object.values(services).filter(
    ({ restart, profiles }) => restart !== 'no' && !profiles?.includes('sandbox'),
  );
  const sumMb = staying.reduce((sum, { mem_limit }) => sum + Number(mem_limit) / 2 ** 20, 0);
  expect(sumMb).toBeLessThanOrEqual(MACHINE_MB);
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
  const siteUuid = await sql("SELECT value FROM settings WHERE `key` = 'site_uuid'");
  const today = new Date().toISOString().slice(0, 10);
  await Promise.all([
    repeat(1_000, 20, async () => expect((await askEdge('/')).status).toBe(200)),
    expect(sendPageViews(10_000, siteUuid)).resolves.toBe('{"202":10000}'),
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
