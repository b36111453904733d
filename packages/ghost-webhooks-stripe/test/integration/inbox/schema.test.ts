import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSchema, hasTestServer, startTestServer } from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { openInbox } from '../../../src/inbox/open-inbox.ts';

const SOURCE = '../../../src/inbox';

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
    const socket = 'socketPath' in place ? `?socketPath=${place.socketPath}` : '';
    const mysql = place.mysql + socket;
    await (await openInbox({ file: '', mysql, livemode: 'any' })).close();
    await expect(await describeSchema(place)).toMatchFileSnapshot(`${SOURCE}/schema.mysql.sql`);
  },
);
