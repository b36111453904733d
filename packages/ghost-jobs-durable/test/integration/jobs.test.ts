import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '@prosora/durable';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import type { JobEnvelope } from '../../src/lanes/envelope.ts';
import { type JobTables, migrations } from '../../src/store/tables.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

await passForGhost();
const { default: DurableJobs } = await import('../../src/jobs.ts');

const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Processor = (envelope: JobEnvelope) => Promise<void>;
const running: InstanceType<typeof DurableJobs>[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.shutdown({ timeoutMs: 0 })));
});

let stores = 0;
const newFile = () => join(folder, `${stores++}.db`);

async function start(file: string, processor: Processor, block: Record<string, unknown> = {}) {
  const jobs = new DurableJobs({ file, ...block });
  await jobs.start({ processor, queues: { webmentions: { concurrency: 3 } } });
  running.push(jobs);
  return jobs;
}

/** Beside the store, which this thread holds open. */
function recordsOf(file: string, queue = 'jobs:default') {
  using database = new DatabaseSync(file, { readOnly: true });
  return database
    .prepare('select id, state, failures, reason, due_at from job where queue = ? order by seq')
    .all(queue);
}

const job = (type: string, value: unknown = 1) => ({ type, payload: JSON.stringify({ value }) });
const hang = () => new Promise<void>(() => undefined);

test('what was accepted and not begun is delivered after the next start', async () => {
  const file = newFile();
  const first = await start(file, hang, { concurrency: 1 });
  for (const value of [1, 2, 3]) await first.enqueue(job('some', value));
  await first.shutdown({ timeoutMs: 0 });

  const received: string[] = [];
  await start(file, async ({ payload }) => void received.push(payload));
  await vi.waitFor(() => expect(received).toHaveLength(3));
});

test('a handler that rejects is tried again later, and what it said is kept', async () => {
  const file = newFile();
  const jobs = await start(file, () =>
    Promise.reject(new Error('the disk of the mail server is full')),
  );
  await jobs.enqueue(job('send-webmentions'));
  await vi.waitFor(() => {
    const [record] = recordsOf(file);
    expect(record).toMatchObject({
      state: 'delayed',
      failures: 1,
      reason: 'the disk of the mail server is full',
    });
    expect(record?.['due_at']).toBeGreaterThan(Date.now() + 20_000);
  });
});

test('a rejected content import is a dead letter at once, since its file is gone', async () => {
  const file = newFile();
  const jobs = await start(file, () => Promise.reject(new Error('The file could not be parsed.')));
  await jobs.enqueue(job('content-csv-import'));
  await vi.waitFor(() =>
    expect(recordsOf(file)).toMatchObject([
      { state: 'dead', reason: 'The file could not be parsed.' },
    ]),
  );
});

test('a job that always fails holds up no other', async () => {
  const file = newFile();
  const done: string[] = [];
  const jobs = await start(
    file,
    async ({ type, payload }) => {
      if (type === 'poison') throw new Error('no');
      done.push(payload);
    },
    { concurrency: 1 },
  );
  for (let value = 0; value < 30; value += 1) await jobs.enqueue(job('poison', value));
  await jobs.enqueue(job('fine'));
  await vi.waitFor(() => expect(done).toHaveLength(1), { timeout: 5_000 });
});

test('a newsletter of the run before is left to Ghost, which replaces it', async () => {
  const file = newFile();
  const first = await start(file, hang);
  await first.enqueue(job('send-email', 'email-1'));
  await first.shutdown({ timeoutMs: 0 });

  const sent: string[] = [];
  const second = await start(file, async ({ payload }) => void sent.push(payload));
  await vi.waitFor(() => expect(recordsOf(file)).toMatchObject([{ state: 'delayed' }]));
  expect(sent).toEqual([]);
  await second.enqueue(job('send-email', 'email-1'));
  await vi.waitFor(() =>
    expect(recordsOf(file)).toMatchObject([{ state: 'superseded' }, { state: 'done' }]),
  );
  expect(sent).toHaveLength(1);
});

test('no more webmentions wait than were allowed; the next ones are refused, other jobs are not', async () => {
  const file = newFile();
  const jobs = await start(file, hang, { webmentions: 5 });
  const queue = { queue: 'webmentions' };
  for (let value = 0; value < 5; value += 1) {
    await jobs.enqueue(job('process-webmention', value), queue);
  }
  const sixth = jobs.enqueue(job('process-webmention', 6), queue);
  await expect(sixth).rejects.toMatchObject({ code: 'JOBS_FULL', statusCode: 429 });
  await jobs.enqueue(job('send-webmentions'), queue);
});

test('jobs of a queue that Ghost no longer declares are delivered', async () => {
  const file = newFile();
  const first = await start(file, hang);
  await first.enqueue(job('some'), { queue: 'webmentions' });
  await first.shutdown({ timeoutMs: 0 });

  const received: string[] = [];
  const jobs = new DurableJobs({ file });
  running.push(jobs);
  await jobs.start({ processor: async ({ type }) => void received.push(type) });
  await vi.waitFor(() => expect(received).toEqual(['some']));
});

test('a queue is refused whose concurrency cannot be met', async () => {
  const jobs = new DurableJobs({ file: newFile() });
  const start = jobs.start({ processor: hang, queues: { mail: { concurrency: 0 } } });
  await expect(start).rejects.toMatchObject({ code: 'JOBS_CONFIG_INVALID' });
});

test('without its store Ghost boots, and a job is refused rather than forgotten', async () => {
  const jobs = await start(join(folder, 'no-folder\0', 'x.db'), hang).catch(async () => undefined);
  expect(jobs).toBeDefined();
  await expect(jobs?.enqueue(job('some'))).rejects.toMatchObject({ code: 'JOBS_NOT_READY' });
});

test('a file that is no store is left as it is, and jobs are accepted once it is away', async () => {
  const file = newFile();
  writeFileSync(file, 'Somebody else needs this. '.repeat(100));
  const jobs = await start(file, hang);
  await expect(jobs.enqueue(job('some'))).rejects.toMatchObject({ code: 'JOBS_NOT_READY' });
  expect(readFileSync(file, 'utf8')).toContain('Somebody else needs this.');
  rmSync(file);
  await vi.waitFor(() => jobs.enqueue(job('some')), { timeout: 20_000, interval: 200 });
});

test('a store that is deleted while it is open is written again, and nothing accepted is lost', async () => {
  const file = newFile();
  const first = await start(file, hang, { concurrency: 1 });
  await first.enqueue(job('some', 'before'));
  for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`);
  await first.enqueue(job('some', 'after'));
  await vi.waitFor(() => expect(recordsOf(file)).toHaveLength(2), { timeout: 10_000 });
  await first.enqueue(job('some', 'last'));
  await first.shutdown({ timeoutMs: 0 });

  const received: string[] = [];
  await start(file, async ({ payload }) => void received.push(payload));
  await vi.waitFor(() => expect(received).toHaveLength(3), { timeout: 15_000 });
});

test('a recurring job runs at its tick, once, and the tick that a restart missed is made up once', async () => {
  const file = newFile();
  const ran: string[] = [];
  const everySecond = '* * * * * *';
  const first = await start(file, async ({ type }) => void ran.push(type));
  await first.scheduleRecurring(job('clean-tokens'), { cron: everySecond });
  await vi.waitFor(() => expect(ran.length).toBeGreaterThanOrEqual(2), { timeout: 5_000 });
  await first.shutdown({ timeoutMs: 1_000 });
  const ids = recordsOf(file).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);

  await using store = await openStore<JobTables>({ file, migrations });
  const yesterday = Date.now() - 30 * 3_600_000;
  await store.transaction((tx) =>
    tx.updateTable('recurring').set({ cron: '0 0 3 * * *', last_tick: yesterday }).execute(),
  );
  ran.length = 0;
  const second = await start(file, async ({ type }) => void ran.push(type));
  await second.scheduleRecurring(job('clean-tokens'), { cron: '7 30 4 * * *' });
  await vi.waitFor(() => expect(ran).toEqual(['clean-tokens']));
  await second.shutdown({ timeoutMs: 0 });
  const third = await start(file, async ({ type }) => void ran.push(type));
  await third.scheduleRecurring(job('clean-tokens'), { cron: '1 1 1 * * *' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(ran).toEqual(['clean-tokens']);
});
