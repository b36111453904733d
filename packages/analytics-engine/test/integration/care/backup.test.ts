import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listBackups } from '../../../src/care/backup.ts';
import { restoreBackup } from '../../../src/care/restore.ts';
import { countHits, type DataDir, makeDataDir, sendHits } from '../../fixtures/data-dir.ts';

let place: DataDir;

beforeEach(() => {
  place = makeDataDir();
});
afterEach(() => place[Symbol.dispose]());

describe('a backup', () => {
  test('taken while batches come in holds each of them wholly or not at all', async () => {
    const engine = await place.start();
    await sendHits(engine, 0, 500);
    let sent = 500;
    let isDone = false;
    const sending = (async () => {
      while (!isDone) {
        await sendHits(engine, sent, sent + 20);
        sent += 20;
      }
    })();
    const backup = await engine.care.backup();
    isDone = true;
    await sending;
    await engine.close();

    const aside = await restoreBackup(place.settings, backup, new Date());
    expect(existsSync(join(String(aside), 'store'))).toBe(true);
    await using restored = await place.start();
    const rows = backup.rows['analytics_events'] ?? 0;
    expect(rows).toBeGreaterThanOrEqual(500);
    expect(rows % 20).toBe(0);
    expect(await countHits(restored)).toEqual([rows, rows, rows, rows]);
    // A batch that it has is not taken again, one that it lacks is.
    for (let from = 500; from < sent; from += 20) await sendHits(restored, from, from + 20);
    expect(await countHits(restored)).toEqual([sent, sent, sent, sent]);
  });

  test('makes room for itself: only the newest few are kept', async () => {
    await using engine = await place.start();
    for (let turn = 0; turn < 5; turn += 1) await engine.care.backup();
    const names = (await listBackups(place.backupDir)).map(({ name }) => name.slice(0, 4));
    expect(names).toEqual(['0003', '0004', '0005']);
    expect(readdirSync(place.backupDir)).toHaveLength(3);
  });

  test('clears away what a killed one left, and passes over a folder that holds none', async () => {
    mkdirSync(join(place.backupDir, '0003-2026-01-01T00-00-00Z.partial'), { recursive: true });
    mkdirSync(join(place.backupDir, '0004-2026-01-01T00-00-00Z'));
    await using engine = await place.start();
    const { name } = await engine.care.backup();
    expect(readdirSync(place.backupDir).sort()).toEqual([name, '0004-2026-01-01T00-00-00Z'].sort());
    expect((await listBackups(place.backupDir)).map((backup) => backup.name)).toEqual([name]);
  });

  test('that is not the newest is restored as it was', async () => {
    {
      await using engine = await place.start();
      for (const from of [0, 200]) {
        await sendHits(engine, from, from + 200);
        await engine.care.backup();
      }
      await sendHits(engine, 400, 600);
    }
    const [first] = await listBackups(place.backupDir);
    if (!first) throw new Error('There is no backup.');
    await restoreBackup(place.settings, first, new Date());
    await using engine = await place.start();
    expect(await countHits(engine)).toEqual([200, 200, 200, 200]);
  });

  test('leaves a database alone that it cannot move aside', async () => {
    let name = '';
    {
      await using engine = await place.start();
      await sendHits(engine, 0, 100);
      ({ name } = await engine.care.backup());
    }
    const now = new Date();
    const aside = `chdb.replaced-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
    mkdirSync(join(place.dataDir, aside, 'store'), { recursive: true });
    const [backup] = await listBackups(place.backupDir);
    if (!backup) throw new Error('There is no backup.');
    await expect(restoreBackup(place.settings, backup, now)).rejects.toThrow('ENOTEMPTY');
    rmSync(backup.path, { recursive: true });
    await using engine = await place.start();
    expect([name, await countHits(engine)]).toEqual([backup.name, [100, 100, 100, 100]]);
  });
});
