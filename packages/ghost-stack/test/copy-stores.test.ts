import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../src/copy-stores.ts');

test('stores are in another state once anything is, but for what the bridge notes every minute', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-stores-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new DatabaseSync(join(folder, 'mail.db'));
  onTestFinished(() => store.close());
  store.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT); INSERT INTO note VALUES ('chores-at', '1');
    CREATE TABLE mail (id INTEGER PRIMARY KEY); INSERT INTO mail VALUES (1)`);
  const copy = (former = '') =>
    JSON.parse(execFileSync(process.execPath, [PROGRAM, folder, former], { encoding: 'utf8' }));

  const first = copy();
  expect(first.rows).toEqual({ 'mail.db/mail': 1, 'mail.db/note': 1 });
  store.exec("UPDATE note SET value = '2'");
  expect(copy(first.state)).toEqual({ rows: {}, state: first.state });
  store.exec('INSERT INTO mail VALUES (2)');
  const second = copy(first.state);
  expect(second.rows).toEqual({ 'mail.db/mail': 2, 'mail.db/note': 1 });
  expect(second.state).not.toBe(first.state);
});
