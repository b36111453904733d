import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pageHit } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});

afterAll(() => engine.close());

const SLOW = 'SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))';

function kill(signal: NodeJS.Signals): void {
  const pid = engine.database.pid;
  if (pid === undefined) throw new Error('no database');
  process.kill(pid, signal);
}

const until = (isReady: boolean) =>
  vi.waitUntil(() => engine.database.isReady === isReady, { timeout: 30_000, interval: 5 });
const readyz = async () => (await fetch(`${engine.privateUrl}/readyz`)).status;
const visitors = () => engine.ask('api_active_visitors', 'site_uuid=site-a');

// ClickHouse holds a process that got SIGSEGV for five minutes; SIGSTOP holds one in the same way.
describe.each(['SIGKILL', 'SIGSEGV', 'SIGSTOP'] as const)('after %s of the database', (signal) => {
  test('clients get 503 until it is back, and what was written is there', async () => {
    await engine.send('analytics_events', pageHit(1));
    const before = await engine.count('SELECT count() FROM analytics_events');
    const { restarts } = engine.database;

    kill(signal);
    expect((await visitors()).status).toBe(503);
    await until(false);
    const [read, write] = await Promise.all([
      visitors(),
      engine.send('analytics_events', pageHit(2)),
    ]);
    expect([read.status, write.status, await readyz()]).toEqual([503, 503, 503]);
    expect(read.headers.get('retry-after')).toBe('1');

    await until(true);
    expect(await readyz()).toBe(200);
    expect(engine.database.restarts).toBe(restarts + 1);
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe(before);
    expect((await visitors()).status).toBe(200);
  });
});

// Node cannot send a signal to one thread; Perl can, by the number of tgkill on Linux x64.
const canCrashThread =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('perl', ['-v']).status === 0;

test.skipIf(!canCrashThread)(
  'a crash in one thread of the database ends all of it (needs Perl on Linux x64)',
  async () => {
    const { pid, restarts } = engine.database;
    const threads = readdirSync(`/proc/${pid}/task`).filter((thread) => {
      return readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').startsWith('libuv');
    });
    spawnSync('perl', [
      '-e',
      'syscall(234, $ARGV[0] + 0, $ARGV[1] + 0, 11)',
      `${pid}`,
      // The last one is told of the next query more often than the others, and holds it.
      `${threads.at(-1)}`,
    ]);
    const statuses = new Set<number>();
    await vi.waitUntil(async () => {
      const answers = await Promise.all([visitors(), engine.ask('api_kpis', 'site_uuid=site-a')]);
      for (const { status } of answers) statuses.add(status);
      return statuses.has(503);
    });
    await until(true);
    // Before, some may still have been answered.
    expect([...statuses].filter((status) => status !== 200)).toEqual([503]);
    expect(engine.database.restarts).toBe(restarts + 1);
    expect((await visitors()).status).toBe(200);
  },
);

test('a value that reads like an error of ClickHouse does not end the database', async () => {
  const { pid } = engine.database;
  const answer = await engine.ask('api_kpis', 'site_uuid=site-a&timezone=Code:%20236');
  expect(answer.status).toBe(400);
  expect(await engine.count('SELECT 1')).toBe(1);
  expect(engine.database.pid).toBe(pid);
});

test('a query in flight when the database dies is refused as unavailable', async () => {
  const running = engine.database.query(SLOW);
  const outcome = expect(running).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  kill('SIGKILL');
  await outcome;
  await until(true);
});

test('what is beyond the queue is refused at once and the rest is answered', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, () => engine.database.query('SELECT sleep(0.02)')),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(100 - 2 - 64);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: 'DATABASE_BUSY', status: 429 });
  }
});
