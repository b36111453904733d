import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { lexicalDocument, paragraph } from '@prosora/ghost-local';
import sharp from 'sharp';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { signIn } from '../people.ts';
import { allHealthy, compose, docker, exec, ROOT, sql } from '../stack.ts';
import { askMetrics } from './watch.ts';

/** The business is looked at for every sixtieth scrape. */
const PATIENCE = { timeout: 120_000, interval: 500 };

/** Nothing of it happens unless somebody does it. */
const MAY_BE_MISSING = /^prosora_(backup_(first|newest|proven|minutes)|task)_/;

/** The value of the one series that there is; undefined without. */
async function valueNow(query: string): Promise<number | undefined> {
  const [series] = await askMetrics(query);
  return series && Number(series.value[1]);
}

const becomes = (query: string, value: number) =>
  vi.waitFor(async () => expect(await valueNow(query)).toBe(value), PATIENCE);

/** What the page says that `ops` tells. */
async function documented(): Promise<string[]> {
  const page = await readFile(path.join(ROOT, 'docs/metrics.md'), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('What `ops` reads')) ?? '';
  const names = section.match(/(?<=^\|[^|]*)prosora_\w+/gm) ?? [];
  return [...new Set(names)];
}

describe('what `ops` sees', () => {
  let members = 0;
  beforeAll(async () => {
    await vi.waitUntil(
      async () => (await valueNow('prosora_members{status="free"}')) !== undefined,
      PATIENCE,
    );
    members = Number(await valueNow('prosora_members{status="free"}'));
    const admin = await signIn();
    await admin.members.add({ email: `watched-${Date.now()}@example.org` });
    const create = { width: 1_200, height: 800, channels: 3, background: '#7a93a8' } as const;
    const bytes = new Uint8Array(await sharp({ create }).jpeg().toBuffer());
    const { url } = await admin.images.upload({ name: 'fog.jpg', bytes });
    await admin.posts.add({
      title: 'Fog over the harbour',
      feature_image: url,
      lexical: lexicalDocument(paragraph('It is gone by ten.')),
      status: 'published',
    });
  });

  test('is every number that its page lists', async () => {
    const names = (await documented()).filter((name) => !MAY_BE_MISSING.test(name));
    expect(names.length).toBeGreaterThan(40);
    await vi.waitFor(async () => {
      const told = new Set(
        (await askMetrics('{job="ops"}')).map(({ metric }) => metric['__name__']),
      );
      expect(names.filter((name) => !told.has(name))).toEqual([]);
    }, PATIENCE);
  });

  test('is that a picture of the front page comes, wherever it is', async () => {
    await becomes('prosora_question_up{question="picture"}', 1);
  });

  test('leaves no process behind in Redis, however often it looks', async () => {
    const looks = 'count_over_time(prosora_redis_up[10m])';
    await vi.waitFor(async () => expect(await valueNow(looks)).toBeGreaterThan(20), PATIENCE);
    const processes = await exec('redis', 'sh', '-c', 'ls -d /proc/[0-9]* | wc -l');
    // Its own two, these two, and one question that is under way.
    expect(Number(processes)).toBeLessThan(10);
  });

  test('can all be read, every part is well, and every question is answered', async () => {
    await vi.waitFor(async () => {
      expect(await askMetrics('{__name__=~"prosora_(part|question|reading)_up"} == 0')).toEqual([]);
    }, PATIENCE);
    expect(await valueNow('prosora_redis_up')).toBe(1);
  });

  test('has the size that things have', async () => {
    expect(await valueNow('prosora_part_memory_bytes{part="ghost"} / 1e6')).toBeGreaterThan(100);
    expect(await valueNow('prosora_part_memory_limit_bytes{part="ops"}')).toBe(120 * 2 ** 20);
    expect(await valueNow('prosora_part_cpu_seconds_total{part="db"}')).toBeGreaterThan(0.5);
    expect(await valueNow('prosora_disk_free_bytes{disk="docker"} / 1e9')).toBeGreaterThan(1);
    expect(await valueNow('prosora_redis_memory_limit_bytes')).toBe(64 * 2 ** 20);
    expect(await valueNow('prosora_pages_memory_free_bytes / 1e6')).toBeGreaterThan(10);
    const hours = await valueNow('(prosora_certificate_end_seconds - time()) / 3600');
    expect(hours).toBeGreaterThan(1);
    expect(hours).toBeLessThan(13);
  });

  test('is that Redis is gone, and that it is back', async () => {
    await compose(['stop', 'redis']);
    try {
      await becomes('prosora_redis_up', 0);
      await becomes('prosora_part_up{part="redis"}', 0);
      expect(await askMetrics('last_over_time(prosora_redis_memory_bytes[1s])')).toEqual([]);
    } finally {
      await compose(['start', 'redis']);
      await allHealthy();
    }
    await becomes('prosora_redis_up', 1);
  });

  test.each([
    ['mail', 'resend_webhook_secret', 'mail_webhook'],
    ['webhooks', 'stripe_webhook_secret', 'payment_webhook'],
  ] as const)(
    'is that %s does not know the secret that it was given',
    async (service, name, question) => {
      const secret = await exec(service, 'cat', `/run/secrets/${name}`);
      const volume = `${inject('stack').project}_${service}_secrets:/secrets`;
      const write = (text: string) =>
        docker([
          ...['run', '--rm', '--network', 'none', '--volume', volume, 'redis:7-alpine'],
          ...['sh', '-c', `printf %s "$1" > /secrets/${name}`, 'sh', text],
        ]);
      await write('whsec_YW5vdGhlciBzZWNyZXQgdGhhbiB0aGUgc2VydmljZSBoYXM=');
      try {
        await becomes(`prosora_question_up{question="${question}"}`, 0);
        await expect.poll(() => askMetrics('prosora_question_up == 0')).toHaveLength(1);
      } finally {
        await write(secret);
      }
      await becomes(`prosora_question_up{question="${question}"}`, 1);
    },
  );

  test('is who reads and what they pay', async () => {
    await sql(`
      INSERT INTO members_stripe_customers (id, member_id, customer_id, created_at)
        SELECT 'watched', id, 'cus_watched', NOW() FROM members LIMIT 1;
      INSERT INTO members_stripe_customers_subscriptions (id, customer_id, subscription_id, status,
          current_period_end, start_date, created_at, mrr, plan_id, plan_nickname, plan_interval,
          plan_amount, plan_currency)
        VALUES ('watched', 'cus_watched', 'sub_watched', 'active', NOW(), NOW(), NOW(), 500, 'plan',
          'Monthly', 'month', 500, 'xts')`);
    try {
      await becomes('prosora_mrr_minor_units{currency="xts"}', 500);
      // Others may have joined in former tests.
      const free = Number(await sql("SELECT COUNT(*) FROM members WHERE status = 'free'"));
      expect(free).toBeGreaterThan(members);
      await becomes('prosora_members{status="free"}', free);
    } finally {
      await sql("DELETE FROM members_stripe_customers WHERE id = 'watched'");
    }
  });
});
