import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listBackups } from '../../../src/care/backup.ts';
import { restoreBackup } from '../../../src/care/restore.ts';
import { databaseSettings } from '../../../src/database/database-settings.ts';
import { pageHit, pageHits } from '../../fixtures/hits.ts';
import { startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';

const MEMBER = '3f2a0c1e-9b7d-4c55-8a10-0123456789ab';
const OTHER = '3f2a0c1e-9b7d-4c55-8a10-0123456789ac';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'prosora-engine-erase-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const start = () => startTestEngine({ PROSORA_ENGINE_DATA_DIR: dataDir });

/** A hit of a reader who is signed in. */
function hitOf(member: string, index: number, href = 'https://example.com/'): string {
  const { payload, ...hit } = JSON.parse(pageHit(index));
  return JSON.stringify({
    ...hit,
    payload: { ...payload, member_uuid: member, member_status: 'paid', href },
  });
}

async function fill(engine: TestEngine): Promise<void> {
  const lines = [
    hitOf(MEMBER, 1),
    hitOf(MEMBER.toUpperCase(), 2),
    hitOf('undefined', 3, `https://example.com/unsubscribe/?uuid=${MEMBER}&key=a`),
    hitOf(OTHER, 4),
    pageHits(5, 20),
    `{"member_uuid":"${MEMBER}"`,
  ];
  const answer = await engine.send('analytics_events', lines.join('\n'));
  expect(await answer.json()).toEqual({ successful_rows: 19, quarantined_rows: 1 });
}

/** All rows of all tables that ClickHouse keeps, as text. */
async function everything(engine: TestEngine): Promise<string> {
  const tables = await engine.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  );
  const texts = tables.map(async ({ name }) => {
    const rows = await engine.rows(`SELECT * FROM \`${name}\``);
    return JSON.stringify(rows);
  });
  return (await Promise.all(texts)).join('\n');
}

const PAGES = 'site_uuid=site-a&date_from=2026-04-01&date_to=2026-05-31';

async function charts(engine: TestEngine): Promise<unknown[]> {
  const pipes = ['api_kpis', 'api_top_pages', 'api_top_sources'];
  const answers = pipes.flatMap((pipe) =>
    ['', '&member_status=paid'].map(async (filter) => {
      const answer = await engine.ask(pipe, PAGES + filter);
      return ((await answer.json()) as { data: unknown }).data;
    }),
  );
  return await Promise.all(answers);
}

test('a member is named in events, in what views derive from them, in what an upgrade kept and in the quarantine', async () => {
  await using engine = await start();
  await fill(engine);
  await engine.database.execute('CREATE TABLE _mv_hits__before AS _mv_hits');
  await engine.database.execute('INSERT INTO _mv_hits__before SELECT * FROM _mv_hits');
  const before = await everything(engine);

  const { found, copies } = await engine.care.erase(MEMBER, { isSure: false });
  expect(found.sort((a, b) => a.table.localeCompare(b.table))).toEqual([
    { table: '_mv_hits', columns: ['member_uuid', 'href'], rows: 3 },
    { table: '_mv_hits__before', columns: ['member_uuid', 'href'], rows: 3 },
    { table: 'analytics_events', columns: ['payload'], rows: 3 },
    { table: 'analytics_events_quarantine', columns: ['row'], rows: 1 },
  ]);
  expect(copies).toEqual([]);
  expect(await everything(engine)).toBe(before);
});

test('an erased member is named nowhere, other members are, and the charts show what they showed', async () => {
  await using engine = await start();
  await fill(engine);
  const before = { charts: await charts(engine), text: await everything(engine) };
  expect(before.text.toLowerCase()).toContain(MEMBER);

  await engine.care.erase(MEMBER, { isSure: true });
  const after = await everything(engine);
  expect(after.toLowerCase()).not.toContain(MEMBER);
  expect(after).toContain(OTHER);
  expect(after).toContain('https://example.com/unsubscribe/?uuid=undefined&key=a');
  expect(await charts(engine)).toEqual(before.charts);
  expect((await engine.care.erase(MEMBER, { isSure: true })).found).toEqual([]);
  // Nor does it come back with a batch that is sent again, or with tables that an upgrade fills anew.
  await engine.database.execute("ALTER TABLE _mv_hits MODIFY COMMENT 'of another release'");
  await engine.close();
  await using again = await start();
  expect((await everything(again)).toLowerCase()).not.toContain(MEMBER);
  expect(await charts(again)).toEqual(before.charts);
});

test('the backup that comes back by itself does not name an erased member; older copies are listed', async () => {
  const aside = join(dataDir, 'torn');
  {
    await using engine = await start();
    await fill(engine);
    const { path } = await engine.care.backup();
    mkdirSync(aside);
    const { copies } = await engine.care.erase(MEMBER, { isSure: true });
    expect(copies).toEqual([path, aside]);
  }
  const newest = (await listBackups(join(dataDir, 'backups'))).at(-1);
  if (!newest) throw new Error('There is no backup.');
  const files = readdirSync(newest.path, { recursive: true, withFileTypes: true });
  for (const file of files.filter((one) => one.isFile())) {
    expect(readFileSync(join(file.parentPath, file.name)).includes(MEMBER)).toBe(false);
  }
  const settings = databaseSettings({ dataDir, memoryLimitMb: 512, maxQuerySeconds: 30 } as never);
  await restoreBackup(settings, newest, new Date());
  await using engine = await start();
  expect(await engine.count('SELECT count() FROM analytics_events')).toBe(19);
  expect((await everything(engine)).toLowerCase()).not.toContain(MEMBER);
});

test('where no backups are taken, erasing takes none', async () => {
  await using engine = await start();
  await fill(engine);
  await engine.care.erase(MEMBER, { isSure: true });
  expect(await listBackups(join(dataDir, 'backups'))).toEqual([]);
});

test('no file has the id of an erased member but the parts that were replaced, which go after minutes', async () => {
  await using engine = await start();
  await fill(engine);
  const naming = (): string[] =>
    readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      // The folders of the tables are links.
      .map((file) => realpathSync(join(file.parentPath, file.name)))
      .filter((file) => readFileSync(file).includes(MEMBER));
  expect(naming()).not.toEqual([]);
  await engine.care.erase(MEMBER, { isSure: true });
  const replaced = await engine.rows('SELECT path FROM system.parts WHERE NOT active');
  const left = naming().filter(
    (file) => !replaced.some(({ path }) => file.startsWith(realpathSync(`${path}`))),
  );
  expect(left).toEqual([]);
});

test('erasing that the database did not survive is finished by the next', async () => {
  await using engine = await start();
  await fill(engine);
  for (const ms of [0, 5, 15, 40]) {
    const { pid } = engine.database;
    const erasing = engine.care.erase(MEMBER, { isSure: true }).catch(() => undefined);
    await delay(ms);
    process.kill(Number(pid), 'SIGKILL');
    await erasing;
    await vi.waitUntil(() => engine.database.isReady && engine.database.pid !== pid, {
      timeout: 20_000,
    });
  }
  await engine.care.erase(MEMBER, { isSure: true });
  expect((await everything(engine)).toLowerCase()).not.toContain(MEMBER);
  expect(await engine.count('SELECT count() FROM _mv_hits')).toBe(19);
});

test.each(['', 'anna@example.com', `${MEMBER}' OR 1=1 --`, 'undefined'])(
  '%j is refused, since it is no UUID',
  async (text) => {
    await using engine = await start();
    await expect(engine.care.erase(text, { isSure: true })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  },
);
