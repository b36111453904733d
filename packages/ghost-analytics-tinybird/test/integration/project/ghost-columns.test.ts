import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installGhost } from '@prosora/ghost-local';
import { expect, test } from 'vitest';

const KNOWN = ['analytics_events', 'automation_run_events', 'automation_run_step_events'];
/** A column that events fill: its name, its type, and then where in the JSON it is, or a default first. */
const COLUMN = /^\s+`(\w+)` (\S+)(?: DEFAULT \S+)? `json:/gm;

test('what columns hold is what Ghost’s own datafiles say (vitest -u writes it)', async () => {
  const folder = join((await installGhost()).dir, 'core/server/data/tinybird/datasources');
  const columns = KNOWN.map((name) => {
    const text = readFileSync(join(folder, `${name}.datasource`), 'utf8');
    return [name, Object.fromEntries([...text.matchAll(COLUMN)].map(([, ...pair]) => pair))];
  });
  await expect(`${JSON.stringify(Object.fromEntries(columns), null, 2)}\n`).toMatchFileSnapshot(
    fileURLToPath(new URL('../../../src/project/ghost-columns.json', import.meta.url)),
  );
});
