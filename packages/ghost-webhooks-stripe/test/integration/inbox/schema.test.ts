import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  breakOffStarts,
  describeSchema,
  hasTestServer,
  startTestServer,
} from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { openInbox } from '../../../src/inbox/open-inbox.ts';

/** Each of some dozens of starts makes tables. */
const MANY_STARTS_MS = 240_000;
const SOURCE = '../../../src/inbox';

/** Makes the tables in an empty database. */
async function migrate({ mysql, socketPath }: { mysql: string; socketPath?: string }) {
  const url = socketPath === undefined ? mysql : `${mysql}?socketPath=${socketPath}`;
  await (await openInbox({ file: '', mysql: url, livemode: 'any' })).close();
}

test('the migrations make on SQLite the tables of schema.sqlite.sql', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'prosora-schema-')), 'inbox.db');
  await (await openInbox({ file, livemode: 'any' })).close();
  await expect(await describeSchema({ file })).toMatchFileSnapshot(`${SOURCE}/schema.sqlite.sql`);
});

test.skipIf(!hasTestServer)(
  'the migrations make on MySQL the tables of schema.mysql.sql (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const place = await server.place('inbox_schema');
    await migrate(place);
    await expect(await describeSchema(place)).toMatchFileSnapshot(`${SOURCE}/schema.mysql.sql`);
  },
);

test.skipIf(!hasTestServer)(
  'starts that die after each statement of a migration are gone on with on MySQL (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const place = await server.place('died');
    expect(await breakOffStarts(() => migrate(place))).toBeGreaterThan(30);
    await expect(await describeSchema(place)).toMatchFileSnapshot(`${SOURCE}/schema.mysql.sql`);
  },
  MANY_STARTS_MS,
);
