import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';
import { afterAll, expect, test } from 'vitest';
import { createSessionPool } from '../../../src/database/session-pool.ts';

// The hazard the pool exists for, on the real chDB and without the cure beside it. When the first
// test fails, chDB has repaired it and the pool may keep its Sessions.

const folder = mkdtempSync(join(tmpdir(), 'prosora-leak-'));
const opened: Session[] = [];

function open(): Session {
  const session = new Session(folder);
  opened.push(session);
  return session;
}

afterAll(() => {
  for (const session of opened) session.close();
  rmSync(folder, { recursive: true });
});

const FAILS_MID_OUTPUT = 'SELECT number, throwIf(number = 200000) FROM numbers(1000000)';
const NEXT = 'SELECT 1 AS mine';

async function mine(session: Session): Promise<string> {
  return (await session.queryAsync(NEXT, { format: 'JSONEachRow' })).text();
}

async function fail(session: Session): Promise<void> {
  await session.queryAsync(FAILS_MID_OUTPUT, { format: 'JSONEachRow' });
}

test('a Session answers with what a failed query had written before it', async () => {
  const session = open();
  await expect(fail(session)).rejects.toThrow('throwIf');
  expect(await mine(session)).not.toBe('{"mine":1}\n');
});

test('a pool never does', async () => {
  const pool = createSessionPool(open);
  for (let round = 0; round < 5; round += 1) {
    await expect(pool.run(fail)).rejects.toThrow('throwIf');
    expect(await pool.run(mine)).toBe('{"mine":1}\n');
  }
  pool.close();
});
