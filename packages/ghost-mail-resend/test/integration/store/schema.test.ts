import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSchema, hasTestServer, startTestServer } from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { type MailPlace, openMailStore } from '../../../src/store/store.ts';

/** Makes the tables in an empty place. */
async function migrate(place: MailPlace): Promise<void> {
  const { store } = await openMailStore({ ...place, mayBeNew: true });
  await store.close();
}

test('the migrations make on SQLite the tables of store/schema.sqlite.sql', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mail-schema-'));
  await migrate({ dataDir });
  const schema = await describeSchema({ file: join(dataDir, 'mail.db') });
  rmSync(dataDir, { recursive: true });
  await expect(schema).toMatchFileSnapshot('../../../src/store/schema.sqlite.sql');
});

test.skipIf(!hasTestServer)(
  'the migrations make on MySQL the tables of store/schema.mysql.sql (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const place = await server.place('schema');
    await migrate(place);
    await expect(await describeSchema(place)).toMatchFileSnapshot(
      '../../../src/store/schema.mysql.sql',
    );
  },
);
