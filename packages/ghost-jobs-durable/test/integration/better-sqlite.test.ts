import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@prosora/durable';
import { afterAll, describe } from 'vitest';
import { queueContract } from '../../../durable/test/contract/queue-contract.ts';
import { type BetterSqlite, betterSqlite } from '../../src/store/better-sqlite.ts';
import { passForGhost } from '../fixtures/ghost-process.ts';

const fromGhost = await passForGhost();
const sqlite = betterSqlite(fromGhost('better-sqlite3') as BetterSqlite);
const folder = mkdtempSync(join(tmpdir(), 'better-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a queue on Ghost's better-sqlite3", () => {
  queueContract((name, clock) => openStore({ file: join(folder, `${name}.db`), sqlite, clock }));
});
