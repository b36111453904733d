import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allowLoss } from '../../../src/care/open-checked.ts';
import { startDatabaseProcess } from '../../../src/database/database-process.ts';
import { countHits, type DataDir, makeDataDir, sendHits } from '../../fixtures/data-dir.ts';
import type { TestEngine } from '../../fixtures/test-engine.ts';

let place: DataDir;
/** The data of an engine that has stopped: hits 0 to 600, of which the first 400 are backed up. */
let filled: string;
/** Where two of its tables have their parts, once it is in its place. */
let landing: string;
let hits: string;

beforeAll(async () => {
  place = makeDataDir();
  filled = join(place.folder, 'filled');
  {
    await using engine = await place.start();
    await sendHits(engine, 0, 400);
    await engine.care.backup();
    await sendHits(engine, 400, 600);
    landing = await folderOf(engine, 'analytics_events');
    hits = await folderOf(engine, '_mv_hits');
  }
  renameSync(place.dataDir, filled);
});
beforeEach(() => {
  rmSync(place.dataDir, { recursive: true, force: true });
  // Of links the copy would otherwise make others, which lead to what was copied.
  cpSync(filled, place.dataDir, { recursive: true, verbatimSymlinks: true });
});
afterAll(() => place[Symbol.dispose]());

/** The first file of the database whose path has all of the words. */
function storedFile(...words: string[]): string {
  const found = execFileSync('find', [join(place.dataDir, 'chdb/store'), '-type', 'f'], {
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
  const database = await startDatabaseProcess(place.settings);
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

describe('a torn data directory', () => {
  test('with a broken part of a view is filled anew from what landed', async () => {
    truncateSync(storedFile(hits, 'data.bin'), 10);
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([600, 600, 600, 600]);
    expect(readdirSync(join(place.dataDir, 'torn'))).toHaveLength(1);
  });

  test('with a broken part of what landed gets back what the backup has', async () => {
    truncateSync(storedFile(landing, 'data.bin'), 10);
    await using engine = await place.start();
    const [events, ...derived] = await countHits(engine);
    // The hits of the broken part were all in the backup, or came after it.
    expect(events).toBeGreaterThanOrEqual(400);
    expect(derived).toEqual([600, 600, 600]);
    expect(readdirSync(join(place.dataDir, 'torn'))).toHaveLength(1);
    expect(await engine.count('SELECT count() - uniqExact(timestamp) FROM analytics_events')).toBe(
      0,
    );
    await sendHits(engine, 600, 610);
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe((events ?? 0) + 10);
  });

  test('without a part as a whole is noticed by the count', async () => {
    const part = partOf(landing);
    rmSync(part, { recursive: true });
    const lost = 600 - (await rowsLeft());
    expect(lost).toBeGreaterThan(0);
    await using engine = await place.start();
    const [events, ...derived] = await countHits(engine);
    // What the backup has of it came back.
    expect(events).toBeGreaterThanOrEqual(Math.max(400, 600 - lost));
    expect(derived).toEqual([600, 600, 600]);
  });

  test('with bytes that changed is noticed after a stop that was not clean', async () => {
    const file = openSync(storedFile(hits, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(place.dataDir, 'running'), '');
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([600, 600, 600, 600]);
  });

  test('with bytes that changed is noticed when the count is torn too', async () => {
    const file = openSync(storedFile(hits, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(place.dataDir, 'rows.json'), '{"analytics_ev');
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([600, 600, 600, 600]);
  });

  test.each([
    ['a part', () => rmSync(partOf(hits), { recursive: true })],
    ['the whole', () => rmSync(storedFile('_mv_hits.sql'))],
  ])('without %s of a view is filled anew from what landed', async (_, tear) => {
    tear();
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([600, 600, 600, 600]);
    await sendHits(engine, 600, 610);
    expect(await countHits(engine)).toEqual([610, 610, 610, 610]);
  });

  test.each([
    ['whose metadata is empty', () => writeFileSync(storedFile('_mv_hits.sql'), '')],
    ['that has lost its tables', () => rmSync(join(place.dataDir, 'chdb'), { recursive: true })],
  ])('%s is replaced by the last backup, and set aside', async (_, tear) => {
    tear();
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([400, 400, 400, 400]);
    await sendHits(engine, 400, 600);
    expect(await countHits(engine)).toEqual([600, 600, 600, 600]);
  });

  test('without a backup stops the start, says so, and is left as it is', async () => {
    rmSync(place.backupDir, { recursive: true });
    writeFileSync(storedFile('_mv_hits.sql'), '');
    await expect(place.start()).rejects.toMatchObject({
      code: 'DATA_TORN',
      message: expect.stringContaining('there is no backup in'),
      help: expect.stringContaining('PROSORA_ENGINE_BACKUP_DIR'),
    });
    expect(readdirSync(place.dataDir).filter((name) => name.startsWith('chdb.'))).toEqual([]);
  });

  test('without a backup goes on with what is left when someone says so', async () => {
    rmSync(place.backupDir, { recursive: true });
    const file = openSync(storedFile(landing, 'data.bin'), 'r+');
    writeSync(file, 'garbage', 200);
    writeFileSync(join(place.dataDir, 'running'), '');
    // Until then each start reads every part, and is refused.
    for (const _ of [1, 2]) {
      await expect(place.start()).rejects.toMatchObject({
        help: expect.stringContaining('salvage'),
      });
      expect(existsSync(join(place.dataDir, 'running'))).toBe(true);
    }
    await allowLoss(place.dataDir);
    {
      await using engine = await place.start();
      const [events, ...derived] = await countHits(engine);
      expect(events).toBeLessThan(600);
      expect(derived).toEqual([600, 600, 600]);
      expect(readdirSync(join(place.dataDir, 'torn'))).toHaveLength(1);
    }
    // That was for one start.
    rmSync(partOf(landing), { recursive: true });
    await expect(place.start()).rejects.toMatchObject({ code: 'DATA_TORN' });
  });

  test('that does not open, without a backup, begins anew when someone says so', async () => {
    rmSync(place.backupDir, { recursive: true });
    writeFileSync(storedFile('_mv_hits.sql'), '');
    await allowLoss(place.dataDir);
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([0, 0, 0, 0]);
    expect(
      readdirSync(place.dataDir).filter((name) => name.startsWith('chdb.replaced-')),
    ).toHaveLength(1);
  });
});
