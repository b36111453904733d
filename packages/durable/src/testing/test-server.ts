import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram, lacks } from '@prosora/service/programs';
import { freePort } from '@prosora/service/testing';
import { createConnection } from 'mysql2/promise';
import type { StorePlace } from '../database/database.ts';

/** A database server for a test. */
export interface TestServer extends AsyncDisposable {
  /** What it calls itself, e.g. `11.8.3-MariaDB`. */
  readonly version: string;
  /** Where the database of this name is, for `openStore`; the first call makes it, empty. */
  place(database: string): Promise<StorePlace & { mysql: string }>;
  /** Runs a statement as the administrator. */
  query(sql: string): Promise<unknown>;
  stop(): Promise<void>;
}

const mariadbd = findProgram('mariadb') ?? 'mariadbd';

/** Whether to run the tests on a server. In CI always: what is not there must fail, not be skipped. */
export const hasTestServer = process.env['PROSORA_TEST_MYSQL'] !== undefined || !lacks('mariadb');

/**
 * Starts a MariaDB of its own on a socket in a temporary folder, or uses the server that
 * `PROSORA_TEST_MYSQL` names by a URL such as `mysql://root@127.0.0.1:3306`. With `overTcp` its places need no
 * socket, for whoever takes a URL alone.
 */
export async function startTestServer({ overTcp = false } = {}): Promise<TestServer> {
  const url = process.env['PROSORA_TEST_MYSQL'];
  const server =
    url === undefined ? await startMariadb(overTcp) : { url, stop: async () => undefined };
  const { socketPath } = server as { socketPath?: string };
  const connect = (database = '') =>
    createConnection({ uri: `${server.url}/${database}`, ...(socketPath ? { socketPath } : {}) });
  const made = new Set<string>();
  const prefix = `durable_${process.pid}_${Date.now().toString(36)}_`;

  async function query(sql: string): Promise<unknown> {
    const connection = await connect();
    try {
      const [result] = await connection.query(sql);
      return result;
    } finally {
      await connection.end();
    }
  }

  async function stop(): Promise<void> {
    for (const database of made) await query(`drop database \`${database}\``);
    await server.stop();
  }

  const [row] = (await query('select version() as version')) as { version: string }[];
  return {
    version: row?.version ?? 'unknown',
    async place(name) {
      const database = prefix + name.replaceAll('-', '_');
      if (!made.has(database)) await query(`create database \`${database}\``);
      made.add(database);
      return { mysql: `${server.url}/${database}`, ...(socketPath ? { socketPath } : {}) };
    },
    query,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function startMariadb(
  overTcp: boolean,
): Promise<{ url: string; socketPath?: string; stop(): Promise<void> }> {
  // In memory where that is possible: making tables flushes a dozen times.
  const folder = await mkdtemp(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'prosora-mariadb-'),
  );
  const user = userInfo().username;
  // Each server deletes at its start what others of its kind have in a folder for temporary files.
  const data = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`, `--user=${user}`];
  execFileSync('/usr/bin/mariadb-install-db', ['--no-defaults', ...data, '--skip-test-db'], {
    stdio: 'ignore',
  });
  const socketPath = join(folder, 'sock');
  const small = ['--innodb-buffer-pool-size=64M', '--innodb-log-file-size=64M'];
  const port = overTcp ? await freePort() : 0;
  const network = overTcp ? [`--port=${port}`, '--bind-address=127.0.0.1'] : ['--skip-networking'];
  const open = [...network, '--skip-grant-tables', `--socket=${socketPath}`];
  const server = spawn(mariadbd, ['--no-defaults', ...data, ...small, ...open], {
    stdio: 'ignore',
  });
  const exited = once(server, 'exit');
  for (let tries = 0; !existsSync(socketPath); tries++) {
    if (tries > 600 || server.exitCode !== null) throw new Error('MariaDB did not start');
    await delay(50);
  }
  return {
    ...(overTcp
      ? { url: `mysql://${user}@127.0.0.1:${port}` }
      : { url: `mysql://${user}@localhost`, socketPath }),
    async stop() {
      server.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
