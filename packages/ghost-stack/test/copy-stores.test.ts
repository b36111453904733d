import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../src/copy-stores.ts');

const copyOf = (folder: string, former = '') =>
  JSON.parse(execFileSync(process.execPath, [PROGRAM, folder, former], { encoding: 'utf8' }));

test('stores are in another state once anything is, but for what the bridge notes every minute', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-stores-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new DatabaseSync(join(folder, 'mail.db'));
  onTestFinished(() => store.close());
  store.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT); INSERT INTO note VALUES ('chores-at', '1');
    CREATE TABLE mail (id INTEGER PRIMARY KEY); INSERT INTO mail VALUES (1)`);
  const copy = (former = '') => copyOf(folder, former);

  const first = copy();
  expect(first.bytes).toBeGreaterThan(0);
  expect(first.rows).toEqual({ 'mail.db/mail': 1, 'mail.db/note': 1 });
  store.exec("UPDATE note SET value = '2'");
  expect(copy(first.state)).toEqual({
    rows: {},
    state: first.state,
    spools: [],
    bytes: expect.any(Number),
  });
  store.exec('INSERT INTO mail VALUES (2)');
  const second = copy(first.state);
  expect(second.rows).toEqual({ 'mail.db/mail': 2, 'mail.db/note': 1 });
  expect(second.state).not.toBe(first.state);
});

test('of the spools of all collectors that share a folder there are copies, of the newest segment its whole lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-spools-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const lane of ['', 'lane-1', 'lane-2'])
    mkdirSync(join(folder, lane, 'spool'), { recursive: true });
  write('checkpoint', 'up to here');
  write('spool/0000000001-00.segment', 'sent by half\n');
  write('spool/0000000002-00.segment', 'one\ntwo\nthr');
  write('spool/ff.probe', 'no segment');
  write('lane-1/checkpoint', 'nothing yet');
  // Killed amid its first start.
  write('lane-2/checkpoint', '');
  rmSync(join(folder, 'lane-2/spool'), { recursive: true });
  write('checkpoint.old', 'of a person');

  expect(copyOf(folder).spools).toEqual(['.', 'lane-1', 'lane-2']);
  const copied = (name: string) => readFileSync(join(folder, '.backup', name), 'utf8');
  expect(copied('checkpoint')).toBe('up to here');
  expect(copied('spool/0000000002-00.segment')).toBe('one\ntwo\n');
  expect(readdirSync(join(folder, '.backup/spool'))).toHaveLength(2);
  expect(copied('lane-1/checkpoint')).toBe('nothing yet');
  // No second gigabyte where the upstream was away for long.
  const sealed = 'spool/0000000001-00.segment';
  expect(statSync(join(folder, '.backup', sealed)).ino).toBe(statSync(join(folder, sealed)).ino);
});
