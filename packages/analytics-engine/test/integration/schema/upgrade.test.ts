import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@prosora/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Connection } from '../../../src/database/connection.ts';
import { startDatabaseProcess } from '../../../src/database/database-process.ts';
import { TRIAL_DATABASE } from '../../../src/database/trial-database.ts';
import { readProject } from '../../../src/datafiles/project.ts';
import { confirm, deploy, keptTables } from '../../../src/schema/deploy.ts';
import { rowsOf } from '../../../src/schema/existing.ts';
import { FORMER_FOLDER } from '../../../src/schema/served-project.ts';
import { ghostRelease } from '../../fixtures/ghost-release.ts';
import { HIT_COUNTS, pageHits } from '../../fixtures/hits.ts';
import { ghostDatafiles, startTestEngine, type TestEngine } from '../../fixtures/test-engine.ts';
import { differences, tinybirdTests } from '../../fixtures/tinybird-tests.ts';

const { soak, seed } = inject('proof');

/** Hits of both sides of the midnight at which May 2026 begins. */
const AROUND_MIDNIGHT = [6_400, 7_600] as const;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-upgrade-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const startOn = (datafiles: string, dataDir = join(folder, 'data')): Promise<TestEngine> =>
  startTestEngine({
    PROSORA_ENGINE_DATAFILES: datafiles,
    PROSORA_ENGINE_DATA_DIR: dataDir,
  });

const send = (engine: TestEngine, from: number, to: number): Promise<Response> =>
  engine.send('analytics_events', pageHits(from, to), { 'prosora-batch': `u:${from}-${to}` });

/** The numbers of the statements before which an upgrade ends: all, or one of each kind at random. */
function endsIn(statements: readonly string[]): number[] {
  if (soak) return [...statements.keys()];
  const kinds = Object.groupBy(statements.keys(), (at) => kindOf(statements[at] ?? ''));
  const random = seededRandom(seed);
  return Object.values(kinds).flatMap((all = []) => all[Math.floor(random() * all.length)] ?? []);
}

/** What it does, and whether in the trial database, such as `CREATE TABLE` or `DROP TABLE`. */
function kindOf(sql: string): string {
  return [...sql.split(/\s+/, 2), sql.includes(TRIAL_DATABASE)].join(' ');
}

async function counts(engine: TestEngine): Promise<number[]> {
  return await Promise.all(Object.values(HIT_COUNTS).map((sql) => engine.count(sql)));
}

/** What the tables of hits say, in a form in which two databases can be compared. */
async function contents(engine: TestEngine): Promise<unknown[][]> {
  return [
    await engine.rows(
      'SELECT * EXCEPT (inserted_at, received_at, ingestion_latency_ms) FROM _mv_hits ORDER BY ALL',
    ),
    await engine.rows(
      'SELECT site_uuid, day, pathname, uniqExactMerge(visits) AS v, countMerge(hits) AS h FROM _mv_daily_pages GROUP BY ALL ORDER BY ALL',
    ),
    await engine.rows(
      'SELECT session_id, countMerge(pageviews) AS p, minMerge(first_pageview) AS f, argMinMerge(source) AS s FROM _mv_session_data_v2 GROUP BY ALL ORDER BY ALL',
    ),
  ];
}

describe('from one Ghost to the next', () => {
  test('hits taken under 6.40 pass every case that 6.65 has about hits', async () => {
    const present = await ghostDatafiles();
    const hits = readFileSync(join(present, 'fixtures/analytics_events.ndjson'), 'utf8');
    {
      await using engine = await startOn(await ghostRelease('6.40.0'));
      await engine.send('analytics_events', hits);
    }
    await using engine = await startOn(present);
    const tests = tinybirdTests(present).filter(({ pipe }) => !pipe.includes('automation'));
    expect(tests.length).toBeGreaterThan(300);
    expect(await differences(engine, tests)).toEqual([]);
  });

  test('from 6.0 to 6.65 the tables are as if the hits had come in now, in both months', async () => {
    const present = await ghostDatafiles();
    {
      await using engine = await startOn(await ghostRelease('6.0.0'));
      expect((await send(engine, ...AROUND_MIDNIGHT)).status).toBe(200);
    }
    await using upgraded = await startOn(present);
    await using fresh = await startOn(present, join(folder, 'fresh'));
    await send(fresh, ...AROUND_MIDNIGHT);
    expect(await contents(upgraded)).toEqual(await contents(fresh));
    expect(await counts(upgraded)).toEqual([1_200, 1_200, 1_200, 1_200]);
    // Its FORWARD_QUERY gives the column that 6.0 lacks.
    expect(
      await upgraded.count('SELECT max(toUnixTimestamp(inserted_at)) FROM analytics_events'),
    ).toBe(0);
  });

  test('what was there is kept until it is confirmed, and the way back is open', async () => {
    const former = await ghostRelease('6.55.0');
    const present = await ghostDatafiles();
    {
      await using engine = await startOn(former);
      await send(engine, 0, 100);
    }
    {
      await using engine = await startOn(present);
      await send(engine, 100, 200);
      const names = (await keptTables(engine.database)).map(({ name }) => name);
      expect(names).toContain('_mv_hits__before');
      expect(await engine.count('SELECT count() FROM _mv_hits__before')).toBe(100);
      expect(await counts(engine)).toEqual([200, 200, 200, 200]);
    }
    await using engine = await startOn(join(folder, 'data', FORMER_FOLDER));
    expect(await counts(engine)).toEqual([200, 200, 200, 200]);
    expect(await engine.count('SELECT count() FROM _mv_hits__before')).toBe(100);
    expect(await confirm(engine.database)).toContain('_mv_hits__before');
    expect(await keptTables(engine.database)).toEqual([]);
  });
});

describe('a batch that was not answered before an upgrade', () => {
  test('counts once when it comes again', async () => {
    const present = await ghostDatafiles();
    {
      await using engine = await startOn(await ghostRelease('6.55.0'));
      await send(engine, 0, 50);
      // Answered, but the sender did not hear it.
      await send(engine, 50, 100);
    }
    await using engine = await startOn(present);
    expect(await (await send(engine, 50, 100)).json()).toEqual({
      successful_rows: 50,
      quarantined_rows: 0,
    });
    expect(await counts(engine)).toEqual([100, 100, 100, 100]);
  });
});

describe('datafiles changed by hand', () => {
  let datafiles: string;
  /** The data of an engine that has 60 hits and has stopped. */
  let filled: string;

  beforeAll(async () => {
    filled = mkdtempSync(join(tmpdir(), 'prosora-upgrade-filled-'));
    await using engine = await startOn(await ghostDatafiles(), filled);
    await send(engine, 0, 60);
  });
  afterAll(() => rmSync(filled, { recursive: true }));

  beforeEach(async () => {
    datafiles = join(folder, 'tinybird');
    cpSync(await ghostDatafiles(), datafiles, { recursive: true });
    // Of links the copy would otherwise make others, which lead to what was copied.
    cpSync(filled, join(folder, 'data'), { recursive: true, verbatimSymlinks: true });
  });

  function edit(file: string, from: string, to: string): void {
    const path = join(datafiles, file);
    const before = readFileSync(path, 'utf8');
    expect(before).toContain(from);
    writeFileSync(path, before.replace(from, to));
  }

  test('so that rows do not fit are refused, and the former ones go on serving', async () => {
    edit('datasources/analytics_events.datasource', '`session_id` String', '`session_id` UInt64');
    await using engine = await startOn(datafiles);
    expect(engine.served.refusal).toContain('analytics_events cannot take its rows');
    expect((await send(engine, 60, 80)).status).toBe(200);
    expect(await counts(engine)).toEqual([80, 80, 80, 80]);
    expect((await engine.ask('api_kpis', 'site_uuid=site-a')).status).toBe(200);
    const metrics = await (await fetch(`${engine.privateUrl}/metrics`)).text();
    expect(metrics).toContain('prosora_datafiles_refused 1');
  });

  test('so that they cannot be read are refused in the same way', async () => {
    edit('pipes/mv_hits.pipe', 'NODE mv_hits_0', 'WHAT IS THIS\nNODE mv_hits_0');
    await using engine = await startOn(datafiles);
    expect(engine.served.refusal).toContain('not a directive');
    expect(await counts(engine)).toEqual([60, 60, 60, 60]);
  });

  test('so that the database refuses a table are refused in the same way', async () => {
    edit(
      'datasources/_mv_hits.datasource',
      '`ingestion_latency_ms` Int64',
      '`ingestion_latency_ms` NoSuchType',
    );
    await using engine = await startOn(datafiles);
    expect(engine.served.refusal).toContain('NoSuchType');
    expect((await send(engine, 60, 80)).status).toBe(200);
    expect(await counts(engine)).toEqual([80, 80, 80, 80]);
  });

  test('and taken away are no reason to stop', async () => {
    rmSync(datafiles, { recursive: true });
    await using engine = await startOn(datafiles);
    expect(engine.served.refusal).toContain('There is no Tinybird project');
    expect(await counts(engine)).toEqual([60, 60, 60, 60]);
  });

  test('with a column of another type that fits are taken', async () => {
    edit(
      'datasources/_mv_hits.datasource',
      '`ingestion_latency_ms` Int64',
      '`ingestion_latency_ms` Int128',
    );
    await using engine = await startOn(datafiles);
    expect(engine.served.refusal).toBeUndefined();
    await send(engine, 60, 80);
    expect(await counts(engine)).toEqual([80, 80, 80, 80]);
    expect(
      await engine.rows('SELECT toTypeName(ingestion_latency_ms) AS type FROM _mv_hits LIMIT 1'),
    ).toEqual([{ type: 'Int128' }]);
  });

  test('with a new view fill it from the hits that are there', async () => {
    cpSync(join(datafiles, 'pipes/mv_daily_pages.pipe'), join(datafiles, 'pipes/mv_again.pipe'));
    edit('pipes/mv_again.pipe', 'DATASOURCE _mv_daily_pages', 'DATASOURCE _mv_again');
    cpSync(
      join(datafiles, 'datasources/_mv_daily_pages.datasource'),
      join(datafiles, 'datasources/_mv_again.datasource'),
    );
    await using engine = await startOn(datafiles);
    await send(engine, 60, 80);
    expect(await engine.count('SELECT countMerge(hits) FROM _mv_again')).toBe(80);
  });

  test('and an upgrade that ends before any of its statements ends well at the next start', async () => {
    const former = await readProject(datafiles);
    edit('pipes/mv_hits.pipe', "then 'Facebook'", "then 'Meta'");
    const present = await readProject(datafiles);
    const dataDir = join(folder, 'data');
    const database = await startDatabaseProcess({
      dataDir,
      backupDir: join(dataDir, 'backups'),
      memoryLimitBytes: 2 ** 30,
      maxQuerySeconds: 30,
    });
    const execute = (sql: string): Promise<Buffer> => database.run({ kind: 'execute', sql });
    const connection: Connection = {
      query: (sql) => database.run({ kind: 'query', sql }),
      insert: () => Promise.reject(new Error('An upgrade inserts nothing.')),
      execute,
    };
    /** A database that is gone before its statement of that number, and notes what was asked of it. */
    const endingAt = (last: number, statements: string[] = []): Connection => ({
      ...connection,
      execute(sql) {
        const isGone = statements.push(sql) > last;
        return isGone ? Promise.reject(new Error('It was killed.')) : execute(sql);
      },
    });
    const countsNow = (): Promise<number[]> =>
      Promise.all(
        Object.values(HIT_COUNTS).map(async (sql) =>
          Number(Object.values((await rowsOf<object>(connection, sql))[0] ?? {})[0]),
        ),
      );
    const goBack = async (): Promise<void> => {
      await confirm(connection);
      await deploy(former, connection);
    };
    const statements: string[] = [];
    try {
      await deploy(present, endingAt(Number.POSITIVE_INFINITY, statements));
      for (const last of endsIn(statements)) {
        await goBack();
        await expect(deploy(present, endingAt(last))).rejects.toThrow('It was killed.');
        await deploy(present, connection);
        expect([last, await countsNow()]).toEqual([last, [60, 60, 60, 60]]);
        const [view] = await rowsOf<{ sql: string }>(
          connection,
          "SELECT create_table_query AS sql FROM system.tables WHERE name = 'mv_hits'",
        );
        expect(view?.sql).toContain('Meta');
      }
      await goBack();
    } finally {
      await database.stop(10_000);
    }
    // Two statements for each table at least: it is made and filled.
    expect(statements.length).toBeGreaterThan(10);
    await using engine = await startOn(datafiles);
    await send(engine, 60, 80);
    expect(await counts(engine)).toEqual([80, 80, 80, 80]);
  }, 240_000);
});
