import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { afterAll, describe } from 'vitest';
import { type BetterSqlite, betterSqlite } from '../../../src/sqlite/better-sqlite.ts';
import { openStore } from '../../../src/store.ts';
import { queueContract } from '../../contract/queue-contract.ts';

// The one that Ghost brings, since that is the one that is used.
const { dir } = await installGhost();
const Database: BetterSqlite = createRequire(join(dir, 'index.js'))('better-sqlite3');
const sqlite = betterSqlite(Database);

const folder = mkdtempSync(join(tmpdir(), 'better-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a queue on Ghost's better-sqlite3", () => {
  queueContract((name, clock) => openStore({ file: join(folder, `${name}.db`), sqlite, clock }));
});
