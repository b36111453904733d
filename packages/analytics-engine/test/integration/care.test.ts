import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listBackups } from '../../src/care/backup.ts';
import { restoreBackup } from '../../src/care/restore.ts';
import { HIT_COUNTS, pageHit, pageHits } from './hits.ts';
import { startTestEngine, type TestEngine } from './test-engine.ts';

let folder: string;
let dataDir: string;
let backupDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-care-'));
  dataDir = join(folder, 'data');
  backupDir = join(dataDir, 'backups');
});

afterEach(() => rmSync(folder, { recursive: true }));

const start = (): Promise<TestEngine> => startTestEngine({ PROSORA_ENGINE_DATA_DIR: dataDir });
const send = (engine: TestEngine, from: number, to: number): Promise<Response> =>
  engine.send('analytics_events', pageHits(from, to), { 'prosora-batch': `care:${from}-${to}` });
const counts = (engine: TestEngine): Promise<number[]> =>
  Promise.all(Object.values(HIT_COUNTS).map((sql) => engine.count(sql)));
const settings = () => ({ dataDir, backupDir, memoryLimitBytes: 2 ** 30, maxQuerySeconds: 30 });

/** Files of the tables' parts whose path has all of the words. */
function partFiles(...words: string[]): string[] {
  const found = execFileSync('find', [join(dataDir, 'chdb/store'), '-type', 'f'], {
    encoding: 'utf8',
  });
  return found.split('\n').filter((path) => words.every((word) => path.includes(word)));
}

/** The folder of a table's parts, by what its metadata says. */
async function folderOf(engine: TestEngine, table: string): Promise<string> {
  const [row] = await engine.rows(
    `SELECT data_paths[1] AS path FROM system.tables WHERE name = '${table}'`,
  );
  return String(row?.['path']);
}

describe('a backup', () => {
  test('taken while batches come in holds each of them wholly or not at all', async () => {
    const engine = await start();
    await send(engine, 0, 500);
    let sent = 500;
    let isDone = false;
    const sending = (async () => {
      while (!isDone) {
        await send(engine, sent, sent + 20);
        sent += 20;
      }
    })();
    const backup = await engine.care.backup();
    isDone = true;
    await sending;
    await engine.close();

    const aside = await restoreBackup(settings(), backup, new Date());
    expect(existsSync(join(String(aside), 'store'))).toBe(true);
    await using restored = await start();
    const rows = backup.rows['analytics_events'] ?? 0;
    expect(rows).toBeGreaterThanOrEqual(500);
    expect(rows % 20).toBe(0);
    expect(await counts(restored)).toEqual([rows, rows, rows, rows]);
    // A batch that it has is not taken again, one that it lacks is.
    for (let from = 500; from < sent; from += 20) await send(restored, from, from + 20);
    expect(await counts(restored)).toEqual([sent, sent, sent, sent]);
  });

  test('makes room for itself: only the newest few are kept', async () => {
    await using engine = await start();
    for (let turn = 0; turn < 5; turn += 1) await engine.care.backup();
    const names = (await listBackups(backupDir)).map(({ name }) => name.slice(0, 4));
    expect(names).toEqual(['0003', '0004', '0005']);
    expect(readdirSync(backupDir)).toHaveLength(3);
  });
});

describe('a torn data directory', () => {
  /** Hits 0 to 600, of which the first 400 are backed up; then the engine has stopped. */
  async function filled(): Promise<{ landing: string; hits: string }> {
    await using engine = await start();
    await send(engine, 0, 400);
    await engine.care.backup();
    await send(engine, 400, 600);
    return {
      landing: await folderOf(engine, 'analytics_events'),
      hits: await folderOf(engine, '_mv_hits'),
    };
  }

  test('with a broken part of a view is filled anew from what landed', async () => {
    const { hits } = await filled();
    truncateSync(partFiles(hits, 'data.bin')[0] ?? '', 10);
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
    expect(readdirSync(join(dataDir, 'torn'))).toHaveLength(1);
  });

  test('with a broken part of what landed gets back what the backup has', async () => {
    const { landing } = await filled();
    for (const file of partFiles(landing, 'data.bin').sort().slice(0, 1)) truncateSync(file, 10);
    await using engine = await start();
    const [events, ...derived] = await counts(engine);
    // The hits of the broken part were all in the backup, or came after it.
    expect(events).toBeGreaterThanOrEqual(400);
    expect(derived).toEqual([600, 600, 600]);
    expect(await engine.count('SELECT count() - uniqExact(timestamp) FROM analytics_events')).toBe(
      0,
    );
    await send(engine, 600, 610);
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe((events ?? 0) + 10);
  });

  test('without a part as a whole is noticed by the count', async () => {
    const { landing } = await filled();
    const part = readdirSync(landing).find((name) => /^\d{6}_/.test(name));
    rmSync(join(landing, part ?? ''), { recursive: true });
    await using engine = await start();
    const [events, ...derived] = await counts(engine);
    expect(events).toBeGreaterThanOrEqual(400);
    expect(derived).toEqual([600, 600, 600]);
  });

  test('with bytes that changed is noticed after a stop that was not clean', async () => {
    const { hits } = await filled();
    const file = openSync(partFiles(hits, 'data.bin')[0] ?? '', 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(dataDir, 'running'), '');
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
  });

  test.each([
    ['whose metadata is empty', () => writeFileSync(partFiles('_mv_hits.sql')[0] ?? '', '')],
    ['that has lost its tables', () => rmSync(join(dataDir, 'chdb'), { recursive: true })],
  ])('%s is replaced by the last backup, and set aside', async (_, tear) => {
    await filled();
    tear();
    await using engine = await start();
    expect(await counts(engine)).toEqual([400, 400, 400, 400]);
    await send(engine, 400, 600);
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
  });

  test('without a backup stops the start, says so, and is left as it is', async () => {
    await filled();
    rmSync(backupDir, { recursive: true });
    writeFileSync(partFiles('_mv_hits.sql')[0] ?? '', '');
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_TORN',
      message: expect.stringContaining('there is no backup in'),
      help: expect.stringContaining('PROSORA_ENGINE_BACKUP_DIR'),
    });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('chdb.'))).toEqual([]);
  });
});

test('an export has every row, as NDJSON and as Parquet', async () => {
  await using engine = await start();
  await send(engine, 0, 300);
  const [ndjson, parquet] = [join(folder, 'hits.ndjson.gz'), join(folder, 'hits.parquet')];
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
    engine.care.export({ table: 'nothing', file: join(folder, 'x.ndjson') }),
  ).rejects.toThrow('There is no table nothing');
  await expect(
    engine.care.export({ table: 'analytics_events', file: join(folder, 'x.csv') }),
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

test('retention removes whole months of events and leaves what was derived', async () => {
  await using engine = await start();
  const at = (day: string) => pageHit(1, { timestamp: `${day}T12:00:00.000Z`, session_id: day });
  const now = new Date();
  const month = (back: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 15))
      .toISOString()
      .slice(0, 10);
  await engine.send('analytics_events', [24, 25, 40, 0].map((back) => at(month(back))).join('\n'));
  expect(await engine.care.retention()).toMatchObject([{ rows: 1 }, { rows: 1 }]);
  expect(await counts(engine)).toEqual([2, 4, 4, 4]);
  // An upgrade fills tables anew from what landed, and keeps what only they still know.
  await engine.database.execute("ALTER TABLE _mv_hits MODIFY COMMENT 'of another release'");
  await engine.close();
  await using again = await start();
  expect(await counts(again)).toEqual([2, 4, 4, 4]);
});
