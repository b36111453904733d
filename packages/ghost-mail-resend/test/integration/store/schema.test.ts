import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  breakOffStarts,
  describeSchema,
  hasTestServer,
  startTestServer,
} from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { type MailPlace, openMailStore } from '../../../src/store/store.ts';

/** Each of some dozens of starts makes tables. */
const MANY_STARTS_MS = 240_000;

/** An index that was dropped and made again comes last, which means nothing. */
function unordered(schema: string): string[][] {
  const lines = (statement: string) => statement.split(/,?\n/).toSorted();
  return schema.split(';\n').map(lines);
}

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

test.skipIf(!hasTestServer)(
  'starts that die after each statement of a migration are gone on with on MySQL (needs mariadb-server)',
  async () => {
    await using server = await startTestServer();
    const place = await server.place('died');
    expect(await breakOffStarts(() => migrate(place))).toBeGreaterThan(30);
    const file = join(import.meta.dirname, '../../../src/store/schema.mysql.sql');
    const schema = unordered(await describeSchema(place));
    expect(schema).toEqual(unordered(readFileSync(file, 'utf8')));
  },
  MANY_STARTS_MS,
);
