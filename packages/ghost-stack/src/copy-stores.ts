#!/usr/bin/env node
// Runs in a container of its own beside a service: `copy-stores FOLDER [STATE]` copies every SQLite store below the folder
// into its `.backup`, whole and while the service goes on, and prints the state that they are in. Where it is another than
// the given one it also looks whether the copies are sound, and prints how many rows each table of each has. Beside them it
// copies what waits in a collector's spools, and prints where these are, and how many bytes are in the folder at all.
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

/** https://www.sqlite.org/fileformat.html#magic_header_string */
const MAGIC = 'SQLite format 3\0';
/** Copies that are taken and put in place: no part of the folder itself. */
const COPIES = '.backup';
/** Of a collector, and of others that share its folder. */
const CHECKPOINT = /^(lane-\d+\/)?checkpoint$/;

const [, , folder = '.', former] = process.argv;
rmSync(join(folder, COPIES), { recursive: true, force: true });
const copies = new Map<string, string>();
const spools: string[] = [];
let bytes = 0;
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
  if (file.startsWith('.')) continue;
  const found = lstatSync(join(folder, file), { throwIfNoEntry: false });
  if (found?.isFile()) bytes += found.size;
  if (CHECKPOINT.test(file)) spools.push(copySpool(dirname(file)));
  if (!file.endsWith('.db') || !isStore(join(folder, file))) continue;
  const copy = join(folder, COPIES, file);
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
  await copyWhole(join(folder, file), copy);
  copies.set(file, copy);
}
const hash = createHash('sha256');
for (const copy of copies.values()) addPages(hash, copy);
const state = hash.digest('hex').slice(0, 32);
const rows: Record<string, number> = {};
for (const [file, copy] of state === former ? [] : copies) {
  for (const [table, count] of countsOf(copy)) rows[`${file}/${table}`] = count;
}
console.log(JSON.stringify({ rows, state, spools, bytes }));

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

/**
 * Copies what waits to be sent, and only then how far sending has come. What waits in the copy without a plan is then
 * part of what is planned next, and an engine that has this knows it. With an older checkpoint it would be parts of
 * several plans. The dead letters follow, by their name, since what is refused is one before it counts as done.
 */
function copySpool(lane: string): string {
  const [spool, copies] = [join(folder, lane, 'spool'), join(folder, COPIES, lane, 'spool')];
  mkdirSync(copies, { recursive: true, mode: 0o700 });
  const segments = existsSync(spool) ? readdirSync(spool).filter(isSegment).sort() : [];
  for (const name of segments) {
    const [from, to] = [join(spool, name), join(copies, name)];
    try {
      if (name === segments.at(-1)) copyLines(from, to);
      else keep(from, to);
    } catch (error) {
      // What was sent meanwhile is gone.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  copyFileSync(join(folder, lane, 'checkpoint'), join(folder, COPIES, lane, 'checkpoint'));
  return lane;
}

function isSegment(name: string): boolean {
  return name.endsWith('.segment');
}

/** Only the newest segment grows, by lines that come in pieces where they are long. */
function copyLines(from: string, to: string): void {
  const bytes = readFileSync(from);
  writeFileSync(to, bytes.subarray(0, bytes.lastIndexOf('\n') + 1), { mode: 0o600 });
}

/** The others may be a gigabyte while the upstream is away. */
function keep(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Not every file system has links.
    copyFileSync(from, to);
  }
}

/**
 * Adds what is in a copy, but for what the mail bridge notes every minute, that it has looked: the pages that its few notes
 * begin on, and the first, which counts every write.
 */
function addPages(hash: Hash, copy: string): void {
  const database = new DatabaseSync(copy);
  database.exec('PRAGMA journal_mode = DELETE');
  const notes = database
    .prepare("SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'note' AND rootpage > 0")
    .all();
  const passed = new Set([1, ...notes.map(({ rootpage }) => Number(rootpage))]);
  const page = Buffer.alloc(Number(database.prepare('PRAGMA page_size').get()?.['page_size']));
  database.close();
  const handle = openSync(copy, 'r');
  for (let number = 1; readSync(handle, page) > 0; number += 1) {
    if (!passed.has(number)) hash.update(page);
  }
  closeSync(handle);
}

/** @throws Error when the copy is damaged, as it is where its original was */
function countsOf(copy: string): [table: string, rows: number][] {
  const database = new DatabaseSync(copy);
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
