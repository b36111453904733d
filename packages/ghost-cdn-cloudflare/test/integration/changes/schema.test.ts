import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSchema } from '@prosora/durable/testing';
import { expect, test } from 'vitest';
import { CHANGES_FILE, openChanges } from '../../../src/changes/changes.ts';

test('the migrations make the tables of schema.sqlite.sql', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'prosora-cdn-schema-'));
  {
    await using _made = await openChanges({ dataDir, newStore: 'yes', quietMs: 0, longestMs: 0 });
  }
  const schema = await describeSchema({ file: join(dataDir, CHANGES_FILE) });
  await expect(schema).toMatchFileSnapshot('../../../src/changes/schema.sqlite.sql');
});
