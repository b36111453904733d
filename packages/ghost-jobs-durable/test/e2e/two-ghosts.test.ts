import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '@prosora/durable';
import { hasTestServer, startTestServer } from '@prosora/durable/testing';
import { bootGhost } from '@prosora/ghost-local';
import { expect, test, vi } from 'vitest';
import { migrations } from '../../src/store/tables.ts';
import {
  adaptersConfig,
  bootWithAdapters,
  installAdapters,
  schedulePost,
  sharedAdapters,
} from '../fixtures/ghost-with-adapters.ts';
import { createProbe } from '../fixtures/probe.ts';

test.skipIf(!hasTestServer)(
  'two Ghosts on one database run a recurring job once a tick and a queue at its concurrency, and publish a post once (needs mariadb-server)',
  async () => {
    await using server = await startTestServer({ overTcp: true });
    const { mysql: url } = await server.place('ghost');
    const { hostname: host, port, username: user, pathname } = new URL(url);
    const mysql = { host, port: Number(port), user, password: '', database: pathname.slice(1) };
    const log = await mkdtemp(join(tmpdir(), 'jobs-probe-'));
    const [first, second] = [
      await createProbe(join(log, 'lines')),
      await createProbe(join(log, 'lines')),
    ];
    await using site = await bootWithAdapters({ mysql, ...first.options });
    const dir = await mkdtemp(join(tmpdir(), 'jobs-ghost-'));
    await installAdapters(await sharedAdapters(), dir);
    // As an update does it: another process of the same site.
    const { url: siteUrl } = site.ghost;
    await using _other = await bootGhost({
      ...{ dir, mysql, url: siteUrl, config: adaptersConfig() },
      ...second.options,
    });

    await Promise.all([first.tick(), second.tick()]);
    const post = await schedulePost(site.admin, 'Once', 2);
    const of = async (what: string) =>
      (await first.lines()).filter(([, happened]) => happened === what);
    const becomes = (what: string, times: number) =>
      vi.waitFor(async () => expect(await of(what)).toHaveLength(times), { timeout: 60_000 });
    let given = 0;
    const give = async (ghost: typeof first, ms: number) => {
      expect(await ghost.dispatch(`job-${given}`, ms)).toBe('accepted');
      given += 1;
    };
    const workers = async () => new Set((await of('begin')).map(([pid]) => pid));
    // Mostly each takes what it was given itself; on a busy machine the other may be faster.
    await give(first, 3_000);
    await becomes('begin', 1);
    while ((await workers()).size < 2) {
      await give(second, 3_000);
      await becomes('begin', given);
    }
    for (let job = 0; job < 10; job += 1) await give(job % 2 ? first : second, 100);
    await becomes('end', given);
    await vi.waitFor(
      async () => {
        const [row] = await site.ghost.sql('SELECT status FROM posts WHERE id = ?', [post]);
        expect(row?.['status']).toBe('published');
      },
      { timeout: 60_000 },
    );
    await sleep(2_000);

    const lines = await first.lines();
    let [running, most] = [0, 0];
    for (const [, what] of lines) {
      if (what === 'begin') running += 1;
      if (what === 'end') running -= 1;
      most = Math.max(most, running);
    }
    expect(most).toBe(2);
    await using store = await openStore({ mysql: url, prefix: 'prosora_', migrations });
    const ticks = (await store.queue('jobs:default').list()).filter(({ id }) =>
      id.startsWith('tick@'),
    );
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    for (const { id, attempt } of ticks) expect([id, attempt]).toEqual([id, 1]);
    expect(Math.abs((await of('tick')).length - ticks.length)).toBeLessThanOrEqual(1);
    await rm(dir, { recursive: true });
    await rm(log, { recursive: true });
  },
  300_000,
);
