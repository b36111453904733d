import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test, vi } from 'vitest';
import { bootWithAdapters } from '../fixtures/ghost-with-adapters.ts';

const { soak } = inject('proof');
const { members, kills } = soak ? { members: 5_000, kills: 10 } : { members: 200, kills: 1 };

test(`an import of ${members} members under ${kills} SIGKILLs: every member once, with the labels`, async () => {
  // Ghost imports fewer rows within the request.
  const config = { members: { importer: { inlineThreshold: 10 } } };
  await using site = await bootWithAdapters({ config });
  const { ghost, admin } = site;
  const lines = Array.from({ length: members }, (_, n) => `reader-${n}@example.org,Reader ${n}`);
  const form = new FormData();
  const csv = new File([`email,name\n${lines.join('\n')}\n`], 'members.csv', { type: 'text/csv' });
  form.append('membersfile', csv);
  form.append('labels', 'Harbour');
  await admin.request('POST', 'members/upload', { form });

  const count = async () =>
    Number((await ghost.sql('SELECT COUNT(*) AS members FROM members'))[0]?.['members']);
  for (let kill = 1; kill <= kills; kill += 1) {
    // Each run begins at the first row again: the kills have to come before it is through.
    const enough = Math.floor((members * kill) / (kills + 2));
    await vi.waitFor(async () => expect(await count()).toBeGreaterThanOrEqual(enough), {
      timeout: 300_000,
      interval: 50,
    });
    await ghost.kill();
    await ghost.restart();
  }
  await vi.waitFor(async () => expect(await count()).toBe(members), {
    timeout: 600_000,
    interval: 500,
  });
  const states = async () => {
    const log = await import('node:sqlite');
    using store = new log.DatabaseSync(`${site.dir}/content/data/prosora-jobs.db`, {
      readOnly: true,
    });
    return store
      .prepare(
        "select state, attempt from job where queue = 'jobs:default' and payload like '%members-import%'",
      )
      .all();
  };
  await vi.waitFor(async () => expect(await states()).toMatchObject([{ state: 'done' }]), {
    timeout: 300_000,
    interval: 500,
  });
  const labelled = await ghost.sql(
    `SELECT l.name, COUNT(*) AS members FROM members_labels m JOIN labels l ON l.id = m.label_id GROUP BY l.name ORDER BY l.name`,
  );
  expect(labelled).toHaveLength(2);
  for (const label of labelled) expect(label['members']).toBe(members);
  const addresses = await ghost.sql('SELECT COUNT(DISTINCT email) AS addresses FROM members');
  expect(addresses[0]?.['addresses']).toBe(members);
  await sleep(0);
  console.log(
    `${members} members once each through ${kills} SIGKILLs, in ${(await states())[0]?.['attempt']} runs`,
  );
}, 1_800_000);
