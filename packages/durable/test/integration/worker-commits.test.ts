import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { OpenSqliteClient } from '../../src/database/clients.ts';
import { nodeSqlite } from '../../src/sqlite/node-sqlite.ts';
import { openStore } from '../../src/store.ts';
import { createWorker } from '../../src/worker.ts';

test('the results of jobs and the claim of the next ones share a commit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const openClient = await nodeSqlite();
  let commits = 0;
  const sqlite: OpenSqliteClient = (...place) => {
    const client = openClient(...place);
    return {
      ...client,
      get isTransaction() {
        return client.isTransaction;
      },
      prepare(sql) {
        const statement = client.prepare(sql);
        const run: typeof statement.run = (parameters) => {
          if (sql === 'commit') commits += 1;
          return statement.run(parameters);
        };
        return { ...statement, run };
      },
    };
  };
  await using store = await openStore({ file: join(folder, 'commits.db'), sqlite });
  const queue = store.queue('sink');
  const jobs = Array.from({ length: 30 }, (_, n) => queue.add(`${n}`, new Uint8Array()));
  await Promise.all(jobs);
  commits = 0;
  await using _worker = createWorker({
    queue,
    concurrency: 3,
    handle: async () => ({ kind: 'done' }),
  });
  await vi.waitFor(async () => expect(await queue.counts()).toEqual({ done: 30 }));
  // The first claim, ten of results, and one that finds nothing more.
  expect(commits).toBeLessThanOrEqual(12);
});
