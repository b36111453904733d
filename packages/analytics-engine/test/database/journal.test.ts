import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@prosora/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, Insert } from '../../src/database/connection.ts';
import { type NamedInsert, openJournal } from '../../src/database/journal.ts';
import { EngineError } from '../../src/errors.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-journal-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const logger = createLogger({ name: 'test', level: 'silent' });
const openFile = () => join(dataDir, 'batch.open');
const batch = (name: string): NamedInsert => ({
  table: 'events',
  columns: ['a'],
  rows: Buffer.from('{"a":1}\n{"a":2}'),
  deduplicationToken: name,
});

/** A database that takes inserts, or answers each with an error. */
function database(error?: EngineError): { inserts: Insert[]; connection: Connection } {
  const inserts: Insert[] = [];
  const connection = {
    query: async () => Buffer.from('{}'),
    execute: async () => Buffer.from(''),
    async insert(insert: Insert) {
      inserts.push(insert);
      if (error) throw error;
    },
  };
  return { inserts, connection };
}

describe('a batch that a crash interrupted', () => {
  test('is repeated with the rows and the name it had, once', async () => {
    await (await openJournal(dataDir)).begin(batch('a'));
    const journal = await openJournal(dataDir);
    const { inserts, connection } = database();
    await journal.repeat(connection, logger);
    await journal.repeat(connection, logger);
    expect(inserts).toEqual([expect.objectContaining(batch('a'))]);
    expect(journal.has(batch('a'))).toBe(true);
  });

  test.each<[string, () => void]>([
    ['not written whole', () => truncateSync(openFile(), 60)],
    ['without its first line', () => writeFileSync(openFile(), '{"table":"ev')],
    ['with a first line that is no JSON', () => writeFileSync(openFile(), '\0\0\n{"a":1}')],
  ])('%s was not begun, so it is left out', async (_, tear) => {
    await (await openJournal(dataDir)).begin(batch('a'));
    tear();
    const { inserts, connection } = database();
    await (await openJournal(dataDir)).repeat(connection, logger);
    expect(inserts).toEqual([]);
  });

  test('and ends the database each time is set aside, so that the next start succeeds', async () => {
    const gone = database(new EngineError('DATABASE_UNAVAILABLE', 'gone'));
    await (await openJournal(dataDir)).begin(batch('a'));
    for (let start = 2; start <= 3; start += 1) {
      const journal = await openJournal(dataDir);
      await expect(journal.repeat(gone.connection, logger)).rejects.toThrow('gone');
    }
    const journal = await openJournal(dataDir);
    await journal.repeat(gone.connection, logger);
    expect(gone.inserts).toHaveLength(2);
    expect(journal.setAside).toBe(1);
    const [name = ''] = readdirSync(join(dataDir, 'batches.aside'));
    expect(readFileSync(join(dataDir, 'batches.aside', name), 'utf8')).toContain(
      '\n{"a":1}\n{"a":2}',
    );
    // Its sender is told not to send it again; others go on.
    await expect(journal.begin(batch('a'))).rejects.toMatchObject({ status: 409 });
    await journal.begin(batch('b'));
    expect((await openJournal(dataDir)).setAside).toBe(1);
  });

  test('and finds the disk full each time is kept', async () => {
    const full = database(new EngineError('DATABASE_EXHAUSTED', 'full'));
    await (await openJournal(dataDir)).begin(batch('a'));
    for (let start = 0; start < 5; start += 1) {
      await (await openJournal(dataDir)).repeat(full.connection, logger);
    }
    expect(full.inserts).toHaveLength(5);
  });

  test('and is refused is forgotten', async () => {
    const refusing = database(new EngineError('VIEW_REFUSED_ROWS', 'no'));
    await (await openJournal(dataDir)).begin(batch('a'));
    await (await openJournal(dataDir)).repeat(refusing.connection, logger);
    expect(existsSync(openFile())).toBe(false);
  });
});

test('the names of the last 100,000 batches are remembered, also by the next start', async () => {
  const names = Array.from({ length: 100_001 }, (_, index) => `events batch-${index}`);
  writeFileSync(join(dataDir, 'batches.done'), [...names, ''].join('\n'));
  const journal = await openJournal(dataDir);
  expect(journal.has(batch('batch-0'))).toBe(false);
  expect(journal.has(batch('batch-1'))).toBe(true);
  await journal.finish(batch('batch-100001'));
  const next = await openJournal(dataDir);
  for (const one of [journal, next]) {
    expect(one.has(batch('batch-1'))).toBe(false);
    expect(one.has(batch('batch-2'))).toBe(true);
    expect(one.has(batch('batch-100001'))).toBe(true);
  }
});
