import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Migrations } from '../../src/database/migrations.ts';
import { isStoreUnavailable } from '../../src/errors.ts';
import { openStore, type Store } from '../../src/store.ts';

interface MailTables {
  message: { id: string; subject: string };
}

const migrations: Migrations = {
  '001-messages': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('message')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('subject', 'text', (column) => column.notNull())
        .execute();
    },
  },
};

const payload = new TextEncoder().encode('payload');
let folder: string;
let file: string;
let store: Store<MailTables>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  file = join(folder, 'data', 'mail.db');
  store = await openStore<MailTables>({ file, migrations, busyTimeoutMs: 200 });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const idsOf = (table: 'message' | 'job') => store.db.selectFrom(table).select('id').execute();

async function accept(id: string, failWith?: string): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.insertInto('message').values({ id, subject: 'Hello' }).execute();
    await store.queue('send').add(id, payload, { tx });
    if (failWith) throw new Error(failWith);
  });
}

test('its files are readable by their owner alone', async () => {
  await accept('a');
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    expect(statSync(name).mode & 0o777, name).toBe(0o600);
  }
});

test('it writes to a log that is flushed with each commit', async () => {
  const [journal, flushing] = await store.transaction((tx) =>
    Promise.all([sql`pragma journal_mode`.execute(tx), sql`pragma synchronous`.execute(tx)]),
  );
  expect(journal?.rows).toEqual([{ journal_mode: 'wal' }]);
  // 2 is FULL, https://www.sqlite.org/pragma.html#pragma_synchronous.
  expect(flushing?.rows).toEqual([{ synchronous: 2 }]);
});

test('the words of locking are left out, and no others', async () => {
  await store.queue('send').add('a', payload);
  await store.queue('other').add('a', payload);
  const select = store.db.selectFrom('job').select('id').distinct().forUpdate().skipLocked();
  expect(select.compile().sql.trim()).toBe('select distinct "id" from "job"');
  expect(await select.execute()).toEqual([{ id: 'a' }]);
});

test('reading can not write', async () => {
  const writing = sql`delete from message`.execute(store.db);
  await expect(writing).rejects.toThrow('read-only');
});

test('reading sees nothing that is not committed', async () => {
  const written = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const accepting = store.transaction(async (tx) => {
    await tx.insertInto('message').values({ id: 'a', subject: 'Hello' }).execute();
    written.resolve();
    await goOn.promise;
  });
  await written.promise;
  expect(await idsOf('message')).toEqual([]);
  goOn.resolve();
  await accepting;
  expect(await idsOf('message')).toEqual([{ id: 'a' }]);
});

describe('a transaction', () => {
  test('writes the rows of the consumer and the job together', async () => {
    await accept('a');
    expect(await idsOf('message')).toEqual([{ id: 'a' }]);
    expect(await idsOf('job')).toEqual([{ id: 'a' }]);
  });

  test('that fails undoes all of its own and nothing of those that share its commit', async () => {
    const outcomes = await Promise.allSettled([
      accept('first'),
      accept('broken', 'no such template'),
      accept('last'),
      accept('first'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    expect(await idsOf('message')).toEqual([{ id: 'first' }, { id: 'last' }]);
    expect(await idsOf('job')).toEqual([{ id: 'first' }, { id: 'last' }]);
  });

  test('is refused a call of the store that would wait for itself', async () => {
    const misuse = { code: 'STORE_MISUSED', help: expect.stringContaining('{ tx }') };
    const nested = store.transaction(() => store.queue('send').add('a', payload));
    await expect(nested).rejects.toMatchObject(misuse);
    const reading = store.transaction(async () => store.db.selectFrom('job').execute());
    await expect(reading).rejects.toMatchObject(misuse);
  });

  test('wakes the workers of the queues it touched, once it is on disk', async () => {
    let wakes = 0;
    const stop = store.queue('send').onWork(() => wakes++);
    await accept('a');
    expect(wakes).toBe(1);
    stop();
    await accept('b');
    expect(wakes).toBe(1);
  });
});

describe('opening', () => {
  test('finds what was written before, and runs no migration twice', async () => {
    await accept('a');
    await store.close();
    store = await openStore<MailTables>({ file, migrations });
    expect(await idsOf('message')).toEqual([{ id: 'a' }]);
  });

  test('says so when the file can not be made', async () => {
    const opening = openStore({ file: join(file, 'below-a-file', 'x.db') });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('refuses a file that a newer version wrote', async () => {
    await store.close();
    const opening = openStore({ file });
    await expect(opening).rejects.toMatchObject({ code: 'STORE_MISUSED' });
    store = await openStore<MailTables>({ file, migrations });
  });

  test('keeps nothing of a migration that fails', async () => {
    await store.close();
    const broken: Migrations = {
      ...migrations,
      '002-broken': {
        async up(db: Kysely<never>) {
          await db.schema.createTable('half').addColumn('id', 'text').execute();
          throw new Error('out of ideas');
        },
      },
    };
    await expect(openStore({ file, migrations: broken })).rejects.toThrow('out of ideas');
    store = await openStore<MailTables>({ file, migrations });
    const tables = await store.db.introspection.getTables();
    expect(tables.map(({ name }) => name)).not.toContain('half');
  });
});

describe('while another process holds the lock', () => {
  test('a write is refused as unavailable, with nothing written, when that takes too long', async () => {
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const refused = await accept('refused').catch((error: unknown) => error);
    expect(isStoreUnavailable(refused)).toBe(true);
    expect(refused).toMatchObject({ retryable: true });

    other.close();
    await accept('later');
    expect(await idsOf('job')).toEqual([{ id: 'later' }]);
    expect(await idsOf('message')).toEqual([{ id: 'later' }]);
  });

  test('a write that waits is done once the lock is gone', async () => {
    await store.close();
    store = await openStore<MailTables>({ file, migrations, busyTimeoutMs: 30_000 });
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    setTimeout(() => other.close(), 50);
    await accept('patient');
    expect(await idsOf('job')).toEqual([{ id: 'patient' }]);
  });

  test('reading goes on', async () => {
    await accept('a');
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    expect(await idsOf('job')).toEqual([{ id: 'a' }]);
    other.close();
  });
});
