import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import type { Settlement } from '../../../src/job/job.ts';
import { openStore } from '../../../src/store.ts';
import { createFakeClock } from '../../fixtures/fake-clock.ts';

/** Runs every move of a job once, and returns the statements that were prepared for it. */
async function statementsOf(file: string): Promise<string[]> {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
  const clock = createFakeClock();
  await using store = await openStore({ file, clock });
  const queue = store.queue('sink', {
    releaseAfter: 2,
    attemptsKept: 1,
    backoff: { random: () => 0.5 },
  });
  const later = { availableAt: new Date(clock.now() + 1) };
  await queue.add('a', new Uint8Array([1]), { group: 'g', rank: 1, supersedes: 'k' });
  await queue.add('a', new Uint8Array([1]));
  for (const id of ['b', 'c'])
    await queue.add(id, new Uint8Array(), { group: 'g', rank: 1, supersedes: 'k' });
  await queue.add('d', new Uint8Array(), { group: 'g', ...later });
  await queue.add('e', new Uint8Array(), later);
  const endings: Settlement['kind'][] = [
    'retry',
    'retry',
    'retry',
    'park',
    'ambiguous',
    'dead',
    'done',
    'done',
  ];
  for (const kind of endings) {
    clock.advance(60_000);
    const [job] = await queue.claim(1, 1_000);
    if (!job) continue;
    await queue.renew([job], 2_000);
    await queue.settle(job, { kind, reason: '', until: new Date(clock.now()) });
    await queue.msUntilDue();
  }
  await queue.replay(['a', 'b', 'c', 'd', 'e']);
  await queue.claim(1, 1_000);
  clock.advance(60_000);
  await queue.claim(1, 1_000);
  await queue.drop(['a', 'b', 'c', 'd', 'e'], '');
  await queue.oldestPending();
  await queue.purge(new Date(clock.now() + 1));
  const statements = prepare.mock.calls.map(([sql]) => sql);
  prepare.mockRestore();
  return statements.filter((sql) => /^\s*(select|update|delete)\b/i.test(sql) && /\bjob/.test(sql));
}

test('every statement of the hot path finds its rows by an index and sorts none of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  const file = join(folder, 'plans.db');
  const statements = await statementsOf(file);
  expect(statements.length).toBeGreaterThan(20);
  const database = new DatabaseSync(file);
  for (const sql of statements) {
    const bound = Array.from(sql.matchAll(/\?/g), () => 1);
    const plan = database.prepare(`explain query plan ${sql}`).all(...bound);
    const steps = plan.map(({ detail }) => String(detail)).join('; ');
    expect(steps, sql).not.toMatch(/\bSCAN\b|TEMP B-TREE/);
  }
  database.close();
  rmSync(folder, { recursive: true });
});
