import { expect, inject, test, vi } from 'vitest';
import { bootWithAdapters, schedulePost } from '../fixtures/ghost-with-adapters.ts';
import { startMailgun } from '../fixtures/mailgun.ts';

const { soak } = inject('proof');
const members = soak ? 1_000 : 100;
const batchSize = members / 10;

/** Ghost sends two batches of a newsletter at a time. */
const atATime = 2;

test(`a newsletter to ${members} readers, scheduled with its post, Ghost killed while it sends: each reader once`, async () => {
  await using mailgun = await startMailgun();
  const config = {
    bulkEmail: {
      mailgun: { baseUrl: `${mailgun.url}/v3`, apiKey: 'key', domain: 'example.org' },
      batchSize,
    },
    members: { importer: { inlineThreshold: 10_000 } },
  };
  await using site = await bootWithAdapters({ config });
  const { ghost, admin } = site;
  const lines = Array.from({ length: members }, (_, n) => `reader-${n}@example.org`);
  const form = new FormData();
  form.append(
    'membersfile',
    new File([`email\n${lines.join('\n')}\n`], 'm.csv', { type: 'text/csv' }),
  );
  await admin.request('POST', 'members/upload', { form });

  // Two batches are through, and two are with Mailgun when Ghost dies.
  mailgun.holdFrom = 3;
  const id = await schedulePost(admin, 'The letter', 2, {
    newsletter: 'default-newsletter',
    email_segment: 'all',
  });
  await vi.waitFor(() => expect(mailgun.batches).toHaveLength(2 + atATime), { timeout: 60_000 });
  await ghost.kill();
  mailgun.answer();
  await ghost.restart();

  await vi.waitFor(() => expect(mailgun.batches.flat().length).toBeGreaterThanOrEqual(members), {
    timeout: 120_000,
    interval: 250,
  });
  // Ours is held until two minutes after the boot, and would come then.
  const [email] = await ghost.sql('SELECT status FROM emails WHERE post_id = ?', [id]);
  expect(mailgun.batches.flat().sort()).toEqual([...lines].sort());
  console.log(
    `${members} readers, one mail each in ${mailgun.batches.length} batches, ${atATime} of them unanswered when Ghost died; Ghost calls the newsletter ${email?.['status']}`,
  );
}, 600_000);
