import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countHits, type DataDir, makeDataDir } from '../../fixtures/data-dir.ts';
import { pageHit } from '../../fixtures/hits.ts';

let place: DataDir;

beforeEach(() => {
  place = makeDataDir();
});
afterEach(() => place[Symbol.dispose]());

test('retention removes whole months of events and leaves what was derived', async () => {
  await using engine = await place.start();
  const at = (day: string) => pageHit(1, { timestamp: `${day}T12:00:00.000Z`, session_id: day });
  const now = new Date();
  const month = (back: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 15))
      .toISOString()
      .slice(0, 10);
  await engine.send('analytics_events', [24, 25, 40, 0].map((back) => at(month(back))).join('\n'));
  await engine.database.execute('CREATE TABLE analytics_events__before AS analytics_events');
  await engine.database.execute(
    'INSERT INTO analytics_events__before SELECT * FROM analytics_events',
  );
  const one = (table: string) => ({ table, rows: 1, month: expect.any(String) });
  expect(await engine.care.retention()).toEqual(
    ['analytics_events', 'analytics_events__before'].flatMap((name) => [one(name), one(name)]),
  );
  expect(await countHits(engine)).toEqual([2, 4, 4, 4]);
  // An upgrade fills tables anew from what landed, and keeps what only they still know.
  await engine.database.execute("ALTER TABLE _mv_hits MODIFY COMMENT 'of another release'");
  await engine.close();
  await using again = await place.start();
  expect(await countHits(again)).toEqual([2, 4, 4, 4]);
});

test('an engine that is killed while it removes old events starts again without them', async () => {
  const engine = await place.start();
  const year = new Date().getUTCFullYear() - 4;
  const days = [`${year}-01-15`, `${year}-02-15`, `${year + 4}-01-01`];
  const hits = days.map((day) => pageHit(1, { timestamp: `${day}T00:00:00.000Z` }));
  await engine.send('analytics_events', hits.join('\n'));
  await engine.care.count();
  const { database } = engine;
  const inTurn = database.withoutWrites.bind(database);
  database.withoutWrites = (work) =>
    inTurn((connection) =>
      work({
        ...connection,
        async execute(sql) {
          await connection.execute(sql);
          throw new Error('killed after the first month');
        },
      }),
    );
  await expect(engine.care.retention()).rejects.toThrow('killed');
  // What is on disk at that moment: a clean stop would count the rows again.
  const ledger = readFileSync(join(place.dataDir, 'rows.json'));
  await engine.close();
  writeFileSync(join(place.dataDir, 'rows.json'), ledger);
  writeFileSync(join(place.dataDir, 'running'), '');

  await using again = await place.start();
  expect(await again.count('SELECT count() FROM analytics_events')).toBe(2);
  expect(await again.care.retention()).toHaveLength(1);
});
