import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, expect, inject, test } from 'vitest';
import type { CrashPlan } from '../fixtures/crash-child.ts';

const { soak, seed } = inject('proof');
const kills = soak ? 300 : 15;
const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

const killPoint = fc.record({
  at: fc.integer({ min: 1, max: 700 }),
  countFrom: fc.constant('open' as const),
  when: fc.constantFrom('before' as const, 'after' as const),
});

async function run(plan: CrashPlan): Promise<NodeJS.Signals | null> {
  const script = join(import.meta.dirname, '../fixtures/crash-child.ts');
  const args = ['--conditions=@prosora/source', script, JSON.stringify(plan)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (signal === null && code !== 0) throw new Error(`The process failed by itself: ${complaint}`);
  return signal;
}

/** Groups in which one process had begun a job while another of the same group was not ended. */
function doublyBusy(journal: string[][]): string[] {
  const busy = new Map<string, string>();
  const doubly: string[] = [];
  for (const [what, pid, group] of journal) {
    const key = `${pid} ${group}`;
    if (what === 'begin' && busy.has(key)) doubly.push(key);
    if (what === 'begin') busy.set(key, key);
    if (what === 'end') busy.delete(key);
  }
  return doubly;
}

test(`${kills} kills at random statements lose no job, settle none twice, and never run two of a group`, async () => {
  const base = { file: join(folder, 'crash.db'), journal: join(folder, 'journal'), jobs: 40 };
  const points = fc.sample(killPoint, { seed, numRuns: kills });
  let killed = 0;
  for (const [number, point] of points.entries()) {
    // The first ones die while the tables are made.
    const early = number < 3 ? { at: 5 + 12 * number, countFrom: 'opening' as const } : {};
    const signal = await run({ ...base, run: number, kill: { ...point, ...early } });
    if (signal === 'SIGKILL') killed += 1;
  }
  await run({ ...base, run: kills, kill: null });

  const journal = readFileSync(base.journal, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '));
  const database = new DatabaseSync(base.file);
  const column = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0]);
  const jobs = column('select id from job order by id');

  const acknowledged = journal.filter(([what]) => what === 'ack').map(([, id]) => id);
  const begun = new Set(journal.filter(([what]) => what === 'begin').map(([, , , id]) => id));
  expect(acknowledged.filter((id) => !jobs.includes(id ?? ''))).toEqual([]);
  expect(column('select distinct state from job')).toEqual(['done']);
  expect(jobs.filter((id) => !begun.has(String(id)))).toEqual([]);
  expect(column('select id from effect order by id')).toEqual(jobs);
  expect(column('select id from message order by id')).toEqual(jobs);
  expect(
    column(`select seq from job_attempt where outcome = 'done' group by seq having count(*) > 1`),
  ).toEqual([]);
  expect(doublyBusy(journal)).toEqual([]);
  expect(column('select count from job_count')).toEqual([jobs.length]);
  expect(column('pragma integrity_check')).toEqual(['ok']);
  database.close();

  expect(killed).toBeGreaterThan(kills / 2);
  console.log(
    `${killed} of ${kills} processes died, ${acknowledged.length} of ${jobs.length} jobs were acknowledged, ${begun.size} ran; seed ${seed}`,
  );
});

test('the processes of this proof are real: one that is not killed ends by itself', async () => {
  const plan = { file: join(folder, 'whole.db'), journal: join(folder, 'whole'), jobs: 4, run: 0 };
  expect(await run({ ...plan, kill: null })).toBeNull();
  expect(existsSync(plan.journal)).toBe(true);
});
