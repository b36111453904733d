import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DataDir, makeDataDir, sendHits } from '../../fixtures/data-dir.ts';
import { pageHits } from '../../fixtures/hits.ts';
import type { TestEngine } from '../../fixtures/test-engine.ts';

let place: DataDir;

beforeEach(() => {
  place = makeDataDir();
});
afterEach(() => place[Symbol.dispose]());

test('an export has every row, as NDJSON and as Parquet', async () => {
  await using engine = await place.start();
  await sendHits(engine, 0, 300);
  const [ndjson, parquet] = [
    join(place.folder, 'hits.ndjson.gz'),
    join(place.folder, 'hits.parquet'),
  ];
  expect(await engine.care.export({ table: 'analytics_events', file: ndjson })).toEqual({
    rows: 300,
  });
  await engine.care.export({ table: 'analytics_events', file: parquet });

  const lines = gunzipSync(readFileSync(ndjson)).toString().trim().split('\n');
  const exported = lines.map((line) => JSON.parse(line).payload);
  const sent = pageHits(0, 300)
    .split('\n')
    .map((line) => JSON.stringify(JSON.parse(line).payload));
  expect(exported.sort()).toEqual(sent.sort());
  const [read] = await rowsOfParquet(engine, parquet);
  expect(read).toEqual({
    rows: 300,
    hash: sent.reduce((sum, text) => sum + BigInt(text.length), 0n).toString(),
  });

  await expect(engine.care.export({ table: 'analytics_events', file: ndjson })).rejects.toThrow(
    'exists already',
  );
  await expect(
    engine.care.export({ table: 'nothing', file: join(place.folder, 'x.ndjson') }),
  ).rejects.toThrow('There is no table nothing');
  await expect(
    engine.care.export({ table: 'analytics_events', file: join(place.folder, 'x.csv') }),
  ).rejects.toThrow('does not end in');
});

/** Reads it back through a table, since a Session that answers requests may not read files. */
async function rowsOfParquet(engine: TestEngine, file: string): Promise<unknown[]> {
  await engine.database.execute(
    `CREATE TABLE read_back ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM file('${file}', 'Parquet')`,
  );
  return await engine.rows(
    'SELECT count() AS rows, toString(sum(length(payload))) AS hash FROM read_back',
  );
}
