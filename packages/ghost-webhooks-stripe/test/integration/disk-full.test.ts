import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { eventLike } from '../fixtures/events.ts';
import { startGhostTarget } from '../fixtures/ghost-target.ts';
import { inboxEnv, jobCounts, readMetric, send, startInbox } from '../fixtures/running-inbox.ts';

/** A file system of its own that is soon full; undefined where mounting is not allowed. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-stripe-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

const disk = mountSmallDisk();

test.skipIf(disk === undefined)(
  'on a full disk events are answered 503 and none is half there; with space again all is well (needs mount)',
  async () => {
    await using ghost = await startGhostTarget();
    ghost.answer = () => 503;
    const env = inboxEnv(ghost.url, { PROSORA_STRIPE_DATA_DIR: disk ?? '' });
    const inbox = await startInbox(env);
    const taken: string[] = [];
    const numbered = (at: number) =>
      eventLike(4, { id: `evt_${at}`, object: { id: `cs_${at}`, customer: `cus_${at}` } });
    writeFileSync(join(disk ?? '', 'ballast'), Buffer.alloc(3_000_000));
    let refused = 0;
    for (let at = 0; refused < 5; at += 1) {
      const status = await send(inbox.url, numbered(at));
      expect([200, 503]).toContain(status);
      if (status === 200) taken.push(`evt_${at}`);
      else refused += 1;
    }
    expect((await fetch(`${inbox.privateUrl}/readyz`)).status).toBe(503);
    expect(await readMetric(inbox.privateUrl, 'refusals_total')).toEqual([
      expect.stringMatching(/reason="record_failed".* 5$/),
    ]);

    rmSync(join(disk ?? '', 'ballast'));
    expect(await send(inbox.url, numbered(99_999))).toBe(200);
    expect((await fetch(`${inbox.privateUrl}/readyz`)).status).toBe(200);
    ghost.answer = () => 200;
    await vi.waitFor(
      async () => expect(await jobCounts(inbox.privateUrl)).toEqual({ done: taken.length + 1 }),
      { timeout: 60_000, interval: 200 },
    );
    await inbox.stop();
    execFileSync('umount', ['--lazy', disk ?? '']);
    rmSync(disk ?? '', { recursive: true });
  },
);
