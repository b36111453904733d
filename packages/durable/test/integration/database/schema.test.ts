import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StorePlace } from '../../../src/database/database.ts';
import { openStore } from '../../../src/store.ts';
import { describeSchema, hasTestServer, startTestServer } from '../../../src/testing/index.ts';

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

test.skipIf(!hasTestServer)(
  'the migrations make on MySQL the tables of mysql/schema.sql (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const schema = await migrated(await server.place('schema'));
    await expect(schema).toMatchFileSnapshot(`${SOURCE}/mysql/schema.sql`);
  },
);
