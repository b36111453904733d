import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StorePlace } from '../../../src/database/database.ts';
import { openStore } from '../../../src/store.ts';
import {
  breakOffStarts,
  describeSchema,
  hasTestServer,
  startTestServer,
} from '../../../src/testing/index.ts';

/** Each of some dozens of starts makes tables. */
const MANY_STARTS_MS = 240_000;
const SOURCE = '../../../src';

/** What the migrations make of an empty database. */
async function migrated(place: StorePlace): Promise<string> {
  const store = await openStore(place);
  await store.close();
  return describeSchema(place);
}

test('the migrations make on SQLite the tables of sqlite/schema.sql', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  const schema = await migrated({ file: join(folder, 'store.db') });
  rmSync(folder, { recursive: true });
  await expect(schema).toMatchFileSnapshot(`${SOURCE}/sqlite/schema.sql`);
});

test('starts that die after each statement of a migration leave nothing on SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
  const place = { file: join(folder, 'store.db') };
  expect(await breakOffStarts(async () => (await openStore(place)).close())).toBeGreaterThan(10);
  const schema = await describeSchema(place);
  rmSync(folder, { recursive: true });
  await expect(schema).toMatchFileSnapshot(`${SOURCE}/sqlite/schema.sql`);
});

test.skipIf(!hasTestServer)(
  'the migrations make on MySQL the tables of mysql/schema.sql (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const schema = await migrated(await server.place('schema'));
    await expect(schema).toMatchFileSnapshot(`${SOURCE}/mysql/schema.sql`);
  },
);

test.skipIf(!hasTestServer)(
  'starts that die after each statement of a migration are gone on with on MySQL (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const place = await server.place('died');
    expect(await breakOffStarts(async () => (await openStore(place)).close())).toBeGreaterThan(10);
    await expect(await describeSchema(place)).toMatchFileSnapshot(`${SOURCE}/mysql/schema.sql`);
  },
  MANY_STARTS_MS,
);

test.skipIf(!hasTestServer)(
  "a table of somebody else's is not taken for one that a migration made (needs mariadb-server)",
  async () => {
    await using server = await startTestServer();
    const place = await server.place('foreign');
    const { pathname } = new URL(place.mysql);
    await server.query(
      `create table \`${pathname.slice(1)}\`.job_payload (seq bigint primary key)`,
    );
    for (const start of [1, 2]) {
      await expect(openStore(place), `start ${start}`).rejects.toThrow(
        /'job_payload' already exists/,
      );
    }
  },
);
