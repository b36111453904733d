import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { putNewDatabase } from '../../../src/database/new-database.ts';
import { bootGhost, type GhostInstall, installGhost } from '../../../src/index.ts';

let install: GhostInstall;
let home: string;
/** Where the migrator is first killed, then comes to its end. */
let cacheDir: string;

beforeAll(async () => {
  install = await installGhost();
  home = await mkdtemp(join(tmpdir(), 'databases-'));
  cacheDir = join(home, 'cache');
});

afterAll(() => rm(home, { recursive: true, force: true }));

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'database-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function read(file: string, query: string): string[] {
  using database = new DatabaseSync(file, { readOnly: true });
  return database
    .prepare(query)
    .all()
    .map((row) => String(Object.values(row)[0]));
}

const keptIn = async (cacheDir: string) =>
  (await readdir(cacheDir)).filter((name) => !name.endsWith('.lock'));

test('a migrator that is killed leaves nothing that is taken for a database', async () => {
  const file = join(home, 'ghost.db');
  const child = spawn(
    process.execPath,
    [
      '--conditions=@prosora/source',
      join(import.meta.dirname, '../../fixtures/put-database.ts'),
      ...[file, cacheDir],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  const isMigrating = async () => {
    const [part] = existsSync(cacheDir) ? await keptIn(cacheDir) : [];
    return part !== undefined && existsSync(join(cacheDir, part, 'content/data/ghost.db'));
  };
  await vi.waitUntil(isMigrating, { timeout: 60_000, interval: 20 });
  // With the migrator, which is in its group.
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await once(child, 'close');
  expect([existsSync(file), (await keptIn(cacheDir)).filter((name) => /\.db$/.test(name))]).toEqual(
    [false, []],
  );
});

test('sites that begin at once share one run of the migrator, also after one was killed, and have secrets of their own', async () => {
  const dir = await folder();
  const files = ['one.db', 'other.db'].map((name) => join(dir, name));
  await Promise.all(files.map((file) => putNewDatabase(file, install, { cacheDir })));
  expect(await keptIn(cacheDir)).toEqual([expect.stringMatching(/^[\d.]+-\w{16}\.db$/)]);
  for (const file of files) expect(read(file, 'PRAGMA integrity_check')).toEqual(['ok']);
  const [one, other] = files.map((file) => ({
    made: read(file, 'SELECT id FROM posts UNION SELECT name FROM migrations'),
    settings: read(file, 'SELECT key FROM settings'),
    keys: read(file, 'SELECT secret FROM api_keys ORDER BY id'),
  }));
  expect(one?.made).toEqual(other?.made);
  expect([one?.settings, other?.settings]).toEqual([[], []]);
  expect(one?.keys.map(({ length }) => length)).toEqual(other?.keys.map(({ length }) => length));
  expect(new Set([...(one?.keys ?? []), ...(other?.keys ?? [])]).size).toBe(14);
});

test('Ghost finds the database of a new site ready, and makes the secrets of its settings itself', async () => {
  const ids: string[] = [];
  for (const _ of ['one', 'other']) {
    await using ghost = await bootGhost();
    const log = await readFile(ghost.logFile, 'utf8');
    expect(log).toContain('Database is in a ready state');
    expect(log).not.toContain('Creating table');
    const rows = await ghost.sql<{ value: string }>(
      "SELECT value FROM settings WHERE key IN ('site_uuid', 'members_private_key', 'db_hash')",
    );
    ids.push(...rows.map(({ value }) => value));
  }
  expect(new Set(ids).size).toBe(6);
});

test('a Ghost of the same version with other fixtures gets a database of its own', async () => {
  const dir = await folder();
  const changed = { version: install.version, dir: join(dir, 'ghost') };
  // Its own files copied, as Node follows a link to where the other Ghost is; the pages of Admin play no part.
  const [modules, pages] = ['node_modules', 'core/built'].map((name) => join(install.dir, name));
  await cp(install.dir, changed.dir, {
    recursive: true,
    filter: (path) => path !== modules && path !== pages,
  });
  await symlink(join(install.dir, 'node_modules'), join(changed.dir, 'node_modules'));
  const fixtures = join(changed.dir, 'core/server/data/schema/fixtures/fixtures.json');
  const words = await readFile(fixtures, 'utf8');
  await writeFile(fixtures, words.replaceAll('Coming soon', 'Under way'));

  const titles: string[][] = [];
  for (const [at, each] of [install, changed].entries()) {
    await putNewDatabase(join(dir, `${at}.db`), each, { cacheDir });
    titles.push(read(join(dir, `${at}.db`), "SELECT title FROM posts WHERE type = 'post'"));
  }
  expect(titles).toEqual([['Coming soon'], ['Under way']]);
  expect(await keptIn(cacheDir)).toHaveLength(2);
});

test('a damaged one is given to no site', async () => {
  const dir = await folder();
  const [whole, none] = ['whole.db', 'none.db'].map((name) => join(dir, name)) as [string, string];
  await putNewDatabase(whole, install, { cacheDir });
  const before = await keptIn(cacheDir);
  for (const kept of before) await truncate(join(cacheDir, kept), 500_000);
  await putNewDatabase(none, install, { cacheDir });
  expect([existsSync(whole), existsSync(none)]).toEqual([true, false]);
  expect(await keptIn(cacheDir)).toHaveLength(before.length - 1);
});

test('where the migrator fails nothing is put, and a database that is there stays', async () => {
  const dir = await folder();
  const broken = { version: install.version, dir: join(dir, 'ghost') };
  await mkdir(join(broken.dir, 'content'), { recursive: true });
  await writeFile(join(broken.dir, 'package.json'), '{}');
  const lines: string[] = [];
  const told = { cacheDir: join(dir, 'cache'), onProgress: (line: string) => lines.push(line) };
  await putNewDatabase(join(dir, 'ghost.db'), broken, told);
  expect(existsSync(join(dir, 'ghost.db'))).toBe(false);
  expect(lines).toEqual([
    expect.stringMatching(/^Ghost makes its database itself: .*no such file/),
  ]);

  await writeFile(join(dir, 'ghost.db'), 'a site');
  await putNewDatabase(join(dir, 'ghost.db'), install, told);
  expect(await readFile(join(dir, 'ghost.db'), 'utf8')).toBe('a site');
});

test('a config that says where the database or its fixtures are is left to Ghost', async () => {
  for (const config of [{ database: { debug: false } }, { paths: {} }]) {
    const dir = await folder();
    const boot = bootGhost({ dir, config, deadlineMs: 1 });
    await expect(boot).rejects.toMatchObject({ code: 'GHOST_BOOT_TIMEOUT' });
    expect(existsSync(join(dir, 'content/data/ghost.db'))).toBe(false);
  }
});
