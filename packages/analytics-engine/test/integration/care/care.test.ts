import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
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
import { listBackups } from '../../../src/care/backup.ts';
import { allowLoss } from '../../../src/care/open-checked.ts';
import { restoreBackup } from '../../../src/care/restore.ts';
import { startDatabaseProcess } from '../../../src/database/database-process.ts';
import { HIT_COUNTS, pageHit, pageHits } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

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

/** The first file of the database whose path has all of the words. */
function storedFile(...words: string[]): string {
  const found = execFileSync('find', [join(dataDir, 'chdb/store'), '-type', 'f'], {
    encoding: 'utf8',
  });
  const [file] = found
    .split('\n')
    .filter((path) => words.every((word) => path.includes(word)))
    .sort();
  if (!file) throw new Error(`There is no file of ${words.join(', ')} to tear.`);
  return file;
}

/** Events that the database holds while no engine runs. */
async function rowsLeft(): Promise<number> {
  const database = await startDatabaseProcess(settings());
  try {
    const sql = 'SELECT count() AS rows FROM analytics_events';
    return JSON.parse((await database.run({ kind: 'query', sql })).toString()).data[0].rows;
  } finally {
    await database.stop(10_000);
  }
}

/** A part of a table, of which its folder is known. */
function partOf(table: string): string {
  const name = readdirSync(table).find((one) => /^\d{6}_/.test(one));
  if (!name) throw new Error(`There is no part in ${table} to tear.`);
  return join(table, name);
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

  test('clears away what a killed one left, and passes over a folder that holds none', async () => {
    mkdirSync(join(backupDir, '0003-2026-01-01T00-00-00Z.partial'), { recursive: true });
    mkdirSync(join(backupDir, '0004-2026-01-01T00-00-00Z'));
    await using engine = await start();
    const { name } = await engine.care.backup();
    expect(readdirSync(backupDir).sort()).toEqual([name, '0004-2026-01-01T00-00-00Z'].sort());
    expect((await listBackups(backupDir)).map((backup) => backup.name)).toEqual([name]);
  });

  test('that is not the newest is restored as it was', async () => {
    {
      await using engine = await start();
      for (const from of [0, 200]) {
        await send(engine, from, from + 200);
        await engine.care.backup();
      }
      await send(engine, 400, 600);
    }
    const [first] = await listBackups(backupDir);
    if (!first) throw new Error('There is no backup.');
    await restoreBackup(settings(), first, new Date());
    await using engine = await start();
    expect(await counts(engine)).toEqual([200, 200, 200, 200]);
  });

  test('leaves a database alone that it cannot move aside', async () => {
    let name = '';
    {
      await using engine = await start();
      await send(engine, 0, 100);
      ({ name } = await engine.care.backup());
    }
    const now = new Date();
    const aside = `chdb.replaced-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
    mkdirSync(join(dataDir, aside, 'store'), { recursive: true });
    const [backup] = await listBackups(backupDir);
    if (!backup) throw new Error('There is no backup.');
    await expect(restoreBackup(settings(), backup, now)).rejects.toThrow('ENOTEMPTY');
    rmSync(backup.path, { recursive: true });
    await using engine = await start();
    expect([name, await counts(engine)]).toEqual([backup.name, [100, 100, 100, 100]]);
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
    truncateSync(storedFile(hits, 'data.bin'), 10);
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
    expect(readdirSync(join(dataDir, 'torn'))).toHaveLength(1);
  });

  test('with a broken part of what landed gets back what the backup has', async () => {
    const { landing } = await filled();
    truncateSync(storedFile(landing, 'data.bin'), 10);
    await using engine = await start();
    const [events, ...derived] = await counts(engine);
    // The hits of the broken part were all in the backup, or came after it.
    expect(events).toBeGreaterThanOrEqual(400);
    expect(derived).toEqual([600, 600, 600]);
    expect(readdirSync(join(dataDir, 'torn'))).toHaveLength(1);
    expect(await engine.count('SELECT count() - uniqExact(timestamp) FROM analytics_events')).toBe(
      0,
    );
    await send(engine, 600, 610);
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe((events ?? 0) + 10);
  });

  test('without a part as a whole is noticed by the count', async () => {
    const { landing } = await filled();
    const part = partOf(landing);
    rmSync(part, { recursive: true });
    const lost = 600 - (await rowsLeft());
    expect(lost).toBeGreaterThan(0);
    await using engine = await start();
    const [events, ...derived] = await counts(engine);
    // What the backup has of it came back.
    expect(events).toBeGreaterThanOrEqual(Math.max(400, 600 - lost));
    expect(derived).toEqual([600, 600, 600]);
  });

  test('with bytes that changed is noticed after a stop that was not clean', async () => {
    const { hits } = await filled();
    const file = openSync(storedFile(hits, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(dataDir, 'running'), '');
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
  });

  test('with bytes that changed is noticed when the count is torn too', async () => {
    const { hits } = await filled();
    const file = openSync(storedFile(hits, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(dataDir, 'rows.json'), '{"analytics_ev');
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
  });

  test.each<[string, (hits: string) => void]>([
    ['a part', (hits) => rmSync(partOf(hits), { recursive: true })],
    ['the whole', () => rmSync(storedFile('_mv_hits.sql'))],
  ])('without %s of a view is filled anew from what landed', async (_, tear) => {
    const { hits } = await filled();
    tear(hits);
    await using engine = await start();
    expect(await counts(engine)).toEqual([600, 600, 600, 600]);
    await send(engine, 600, 610);
    expect(await counts(engine)).toEqual([610, 610, 610, 610]);
  });

  test.each([
    ['whose metadata is empty', () => writeFileSync(storedFile('_mv_hits.sql'), '')],
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
    writeFileSync(storedFile('_mv_hits.sql'), '');
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_TORN',
      message: expect.stringContaining('there is no backup in'),
      help: expect.stringContaining('PROSORA_ENGINE_BACKUP_DIR'),
    });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('chdb.'))).toEqual([]);
  });

  test('without a backup goes on with what is left when someone says so', async () => {
    const { landing } = await filled();
    rmSync(backupDir, { recursive: true });
    const file = openSync(storedFile(landing, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(dataDir, 'running'), '');
    // Until then each start reads every part, and is refused.
    for (const _ of [1, 2]) {
      await expect(start()).rejects.toMatchObject({ help: expect.stringContaining('salvage') });
      expect(existsSync(join(dataDir, 'running'))).toBe(true);
    }
    await allowLoss(dataDir);
    {
      await using engine = await start();
      const [events, ...derived] = await counts(engine);
      expect(events).toBeLessThan(600);
      expect(derived).toEqual([600, 600, 600]);
      expect(readdirSync(join(dataDir, 'torn'))).toHaveLength(1);
    }
    // That was for one start.
    rmSync(partOf(landing), { recursive: true });
    await expect(start()).rejects.toMatchObject({ code: 'DATA_TORN' });
  });

  test('that does not open, without a backup, begins anew when someone says so', async () => {
    await filled();
    rmSync(backupDir, { recursive: true });
    writeFileSync(storedFile('_mv_hits.sql'), '');
    await allowLoss(dataDir);
    await using engine = await start();
    expect(await counts(engine)).toEqual([0, 0, 0, 0]);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('chdb.replaced-'))).toHaveLength(
      1,
    );
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
  await engine.database.execute('CREATE TABLE analytics_events__before AS analytics_events');
  await engine.database.execute(
    'INSERT INTO analytics_events__before SELECT * FROM analytics_events',
  );
  const one = (table: string) => ({ table, rows: 1, month: expect.any(String) });
  expect(await engine.care.retention()).toEqual(
    ['analytics_events', 'analytics_events__before'].flatMap((name) => [one(name), one(name)]),
  );
  expect(await counts(engine)).toEqual([2, 4, 4, 4]);
  // An upgrade fills tables anew from what landed, and keeps what only they still know.
  await engine.database.execute("ALTER TABLE _mv_hits MODIFY COMMENT 'of another release'");
  await engine.close();
  await using again = await start();
  expect(await counts(again)).toEqual([2, 4, 4, 4]);
});

test('an engine that is killed while it removes old events starts again without them', async () => {
  const engine = await start();
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
  const ledger = readFileSync(join(dataDir, 'rows.json'));
  await engine.close();
  writeFileSync(join(dataDir, 'rows.json'), ledger);
  writeFileSync(join(dataDir, 'running'), '');

  await using again = await start();
  expect(await again.count('SELECT count() FROM analytics_events')).toBe(2);
  expect(await again.care.retention()).toHaveLength(1);
});
