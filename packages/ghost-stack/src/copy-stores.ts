#!/usr/bin/env node
// Runs in a container of its own beside a service: `copy-stores FOLDER` copies every SQLite store below the folder into
// its `.backup`, whole and while the service goes on, and prints how many rows each table of each has.
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

/** https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = 'SQLite format 3\0';
/** Copies that are taken and put in place: no part of the folder itself. */
const COPIES = '.backup';

const [, , folder = '.'] = process.argv;
rmSync(join(folder, COPIES), { recursive: true, force: true });
const rows: Record<string, number> = {};
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.db') || file.startsWith('.') || !isStore(join(folder, file))) continue;
  const copy = join(folder, COPIES, file);
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
  await copyWhole(join(folder, file), copy);
  for (const [table, count] of countsOf(copy)) rows[`${file}/${table}`] = count;
}
console.log(JSON.stringify(rows));

function isStore(file: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  const handle = openSync(file, 'r');
  readSync(handle, head, 0, MAGIC.length, 0);
  closeSync(handle);
  return head.toString('latin1') === MAGIC;
}

/** All pages in one step, since a write of another process between two would begin it anew. */
async function copyWhole(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
  await backup(source, to, { rate: 2 ** 31 - 1 });
  source.close();
}

/** @throws Error when the copy is damaged, as it is where its original was */
function countsOf(copy: string): [table: string, rows: number][] {
  const database = new DatabaseSync(copy);
  database.exec('PRAGMA journal_mode = DELETE');
  const [check] = database.prepare('PRAGMA quick_check(1)').all();
  if (check?.['quick_check'] !== 'ok') throw new Error(`${copy} is damaged.`);
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  const counts = tables.map(({ name }): [string, number] => {
    const row = database.prepare(`SELECT count(*) AS count FROM "${String(name)}"`).get();
    return [String(name), Number(row?.['count'])];
  });
  database.close();
  return counts;
}
