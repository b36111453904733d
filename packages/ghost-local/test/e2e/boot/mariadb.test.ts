import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, lacks } from '@prosora/service/programs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bootGhost, createAdminClient } from '../../../src/index.ts';

const MARIADBD = findProgram('mariadb') ?? 'mariadbd';
const INSTALL_DB = '/usr/bin/mariadb-install-db';

/** A server of its own on a socket, with no password for who runs the test. */
async function startMariadb(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'mariadb-'));
  const user = userInfo().username;
  const data = [`--datadir=${join(dir, 'data')}`, `--user=${user}`];
  execFileSync(INSTALL_DB, ['--no-defaults', ...data, '--skip-test-db'], { stdio: 'ignore' });
  const socketPath = join(dir, 'mariadb.sock');
  const server = spawn(
    MARIADBD,
    [
      '--no-defaults',
      ...data,
      `--socket=${socketPath}`,
      '--skip-networking',
      '--skip-grant-tables',
    ],
    { stdio: 'ignore' },
  );
  onTestFinished(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
    await rm(dir, { recursive: true, force: true });
  });
  await vi.waitUntil(() => existsSync(socketPath), { timeout: 30_000 });
  return socketPath;
}

test.skipIf(lacks('mariadb'))(
  'a site on MariaDB is driven and read like one on SQLite (needs mariadb-server)',
  async () => {
    const socketPath = await startMariadb();
    const mysql = { socketPath, user: userInfo().username, password: '', database: 'ghost_local' };
    await using ghost = await bootGhost({ mysql });
    expect(ghost.databaseFile).toBeUndefined();
    const admin = createAdminClient(ghost);
    await admin.setup();
    await admin.members.add({ email: 'reader@example.com' });
    const byEmail = 'SELECT email, status FROM members WHERE email = ?';
    expect(await ghost.sql(byEmail, ['reader@example.com'])).toEqual([
      { email: 'reader@example.com', status: 'free' },
    ]);
    await expect(ghost.sql("UPDATE members SET name = 'x'")).rejects.toThrow(/READ ONLY/);
  },
);
