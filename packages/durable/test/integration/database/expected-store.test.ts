import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StorePlace } from '../../../src/database/database.ts';
import { PERMIT } from '../../../src/database/expected-store.ts';
import { openStore } from '../../../src/store.ts';
import { hasTestServer, startTestServer } from '../../../src/testing/index.ts';

const expected = { toBegin: 'Run "example init" once.' };
const payload = new TextEncoder().encode('payload');

const refused = (sentence: string) =>
  expect.objectContaining({
    code: 'STORE_MISSING',
    message: expect.stringContaining(sentence),
    help: expect.stringContaining('Run "example init" once.'),
  });

async function makeStore(place: StorePlace): Promise<void> {
  const store = await openStore(place);
  await store.queue('send').add('a', payload);
  await store.close();
}

describe('a store that is expected in a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prosora-expected-'));
    file = join(folder, 'data', 'mail.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const makeFolder = () => mkdirSync(join(folder, 'data'));
  const leavePermit = () => writeFileSync(join(folder, 'data', PERMIT), '');

  test('is opened with what it holds', async () => {
    await makeStore({ file });
    await using store = await openStore({ file, expected });
    expect(await store.queue('send').counts()).toMatchObject({ ready: 1 });
  });

  test('is refused where its volume is not mounted, and not so much as a folder is made', async () => {
    await expect(openStore({ file, expected })).rejects.toThrow(refused(`There is no ${file}`));
    expect(existsSync(join(folder, 'data'))).toBe(false);
    makeFolder();
    await expect(openStore({ file, expected })).rejects.toThrow(refused(`There is no ${file}`));
    expect(readdirSync(join(folder, 'data'))).toEqual([]);
  });

  test('is refused where its file was emptied, and the log beside it stays as it is', async () => {
    makeFolder();
    for (const name of [file, `${file}-wal`])
      writeFileSync(name, name === file ? '' : 'what is not moved yet');
    await expect(openStore({ file, expected })).rejects.toThrow(refused(`${file} is empty`));
    expect(statSync(file).size).toBe(0);
    expect(readFileSync(`${file}-wal`, 'utf8')).toBe('what is not moved yet');
  });

  test('is refused where the file has no tables', async () => {
    makeFolder();
    const other = new DatabaseSync(file);
    other.exec('create table another (id integer)');
    other.close();
    await expect(openStore({ file, expected })).rejects.toThrow(refused('has no tables'));
  });

  test('is made once where an installer left its permit', async () => {
    makeFolder();
    leavePermit();
    await (await openStore({ file, expected })).close();
    expect(existsSync(join(folder, 'data', PERMIT))).toBe(false);
    rmSync(file);
    await expect(openStore({ file, expected })).rejects.toThrow(refused(`There is no ${file}`));
  });

  test('takes away a permit that a crash left beside it', async () => {
    await makeStore({ file });
    leavePermit();
    await (await openStore({ file, expected })).close();
    expect(existsSync(join(folder, 'data', PERMIT))).toBe(false);
  });
});

describe.skipIf(!hasTestServer)(
  'a store that is expected on a server (needs mariadb-server)',
  () => {
    test('is refused in a database without tables, and opened where it has some', async () => {
      await using server = await startTestServer();
      const place = await server.place('expected');
      await expect(openStore({ ...place, expected })).rejects.toThrow(refused('has no tables'));
      await makeStore(place);
      await using store = await openStore({ ...place, expected });
      expect(await store.queue('send').counts()).toMatchObject({ ready: 1 });
    });
  },
);
