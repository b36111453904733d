import { createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { createClient, TinybirdError } from '@tinybirdco/sdk';
import { createTinybirdApi } from '@tinybirdco/sdk/api';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/index.ts';

/** What `tinybird deploy` of the SDK runs; the package does not export it. */
const { deployToMain } = await import(
  new URL('./api/deploy.js', import.meta.resolve('@tinybirdco/sdk')).href
);

const EVENTS = {
  name: 'events',
  content: `TOKEN "tracker" APPEND

SCHEMA >
    \`timestamp\` DateTime \`json:$.timestamp\`,
    \`site_uuid\` UUID \`json:$.payload.site_uuid\`,
    \`payload\` String \`json:$.payload\`,
    \`inserted_at\` DateTime64(3) \`json:$.inserted_at\` DEFAULT now64()

ENGINE MergeTree
ENGINE_SORTING_KEY site_uuid
`,
};
const TOP = {
  name: 'top',
  content: 'NODE endpoint\nSQL >\n    SELECT count() AS hits FROM events\n\nTYPE endpoint\n',
};
const SITE = '4b5c7f3e-1b0a-4c55-8d36-3d1b4b2b9c11';
const row = (values = {}) => ({
  timestamp: '2026-09-01T10:00:00.000Z',
  payload: { site_uuid: SITE },
  ...values,
});

let dir: string;
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sandbox-tinybird-'));
  sandbox = await startSandbox({ port: 0, dataDir: dir });
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox.close();
  rmSync(dir, { recursive: true });
});

const config = () => ({ baseUrl: sandbox.tinybird.url, token: sandbox.tinybird.adminToken });
const deploy = (options = {}, datasources = [EVENTS], pipes = [TOP]) =>
  deployToMain(config(), { datasources, pipes }, options);
const client = (token = sandbox.tinybird.adminToken) => createTinybirdApi({ ...config(), token });

test('the SDK deploys a project, waits until it is live, and is told when nothing changed', async () => {
  const changes: unknown[] = [];
  const callbacks = { onChanges: (change: unknown) => changes.push(change) };
  expect(await deploy({ callbacks })).toMatchObject({
    success: true,
    datasources: { created: ['events'] },
    pipes: { created: ['top'] },
  });
  expect(changes).toHaveLength(1);
  expect(await deploy()).toMatchObject({ success: true, result: 'no_changes' });
  const added = { ...TOP, name: 'other' };
  expect(await deploy({}, [EVENTS], [TOP, added])).toMatchObject({
    success: true,
    pipes: { created: ['other'], changed: [], deleted: [] },
  });
});

test('a file that is wrong is named, a check changes nothing, and data is not dropped by accident', async () => {
  const broken = { name: 'broken', content: 'ENGINE MergeTree' };
  expect(await deploy({}, [EVENTS, broken])).toMatchObject({
    success: false,
    error: expect.stringContaining('[broken.datasource] SCHEMA is missing'),
  });
  expect(await deploy({ check: true })).toMatchObject({ success: true });
  await expect(client().ingest('events', row())).rejects.toMatchObject({ statusCode: 404 });
  await deploy();
  expect(await deploy({}, [])).toMatchObject({
    success: false,
    error: expect.stringContaining('events.datasource'),
  });
  expect(await deploy({ allowDestructiveOperations: true }, [])).toMatchObject({ success: true });
});

test('the SDK ingests; rows that do not fit are in quarantine, and a batch that comes twice counts twice', async () => {
  await deploy();
  const rows = [row(), row({ timestamp: 'never' }), row({ payload: { site_uuid: 'none' } })];
  const sdk = createClient(config());
  expect(await sdk.ingestBatch('events', rows)).toEqual({
    successful_rows: 1,
    quarantined_rows: 2,
  });
  expect(sandbox.tinybird.quarantine('events').map(({ reason }) => reason)).toEqual([
    'timestamp is no DateTime',
    'site_uuid is no UUID',
  ]);
  await client().ingest('events', row(), { wait: false });
  expect(sandbox.tinybird.rows('events')).toEqual([row(), row()]);
  const { data } = await client().sql(
    `SELECT count() AS rows FROM events WHERE site_uuid = '${SITE}' FORMAT JSON`,
  );
  expect(data).toEqual([{ rows: 2 }]);
  const countUntil = async (time: string) =>
    await client().sql(`SELECT count() FROM events WHERE timestamp <= toDateTime('${time}')`);
  expect((await countUntil('2026-08-31 23:59:59')).data).toEqual([{ 'count()': 0 }]);
  expect((await countUntil('2099-01-01 00:00:00')).data).toEqual([{ 'count()': 2 }]);
});

test('a token that a datafile names may append to that and nothing else', async () => {
  await deploy();
  const token = sandbox.tinybird.token('tracker');
  expect(token).toMatch(/^p\./);
  expect(await client(token).ingest('events', row())).toMatchObject({ successful_rows: 1 });
  await expect(client(token).query('top')).rejects.toMatchObject({ statusCode: 403 });
  await expect(client('p.other').ingest('events', row())).rejects.toMatchObject({
    statusCode: 403,
  });
});

test('a JWT as Ghost makes it reads what it names until it ends', async () => {
  await deploy();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (exp: number, resource = 'top') => {
    const scopes = [{ type: 'PIPES:READ', resource }];
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, scopes })}`;
    const key = sandbox.tinybird.adminToken;
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const inAnHour = Date.now() / 1_000 + 3_600;
  expect(await client(jwt(inAnHour)).query('top')).toMatchObject({ data: [], rows: 0 });
  for (const token of [jwt(1), jwt(inAnHour, 'other'), `${jwt(inAnHour)}x`]) {
    await expect(client(token).query('top')).rejects.toMatchObject({ statusCode: 403 });
  }
});

test('the SDK waits out a limit of calls, and hears of one of questions and of size', async () => {
  await deploy();
  const { settings } = sandbox.tinybird;
  settings.set({ eventsPerSecond: 1 });
  const ingest = () => client().ingest('events', row(), { maxRetries: 5 });
  expect(await Promise.all([ingest(), ingest()])).toMatchObject([
    { successful_rows: 1 },
    { successful_rows: 1 },
  ]);
  settings.set({ queriesPerDay: 2, maxRequestBytes: 100 });
  await client().query('top');
  await client().query('top');
  await expect(client().query('top')).rejects.toMatchObject({ statusCode: 429 });
  await expect(client().ingest('events', row({ filler: 'x'.repeat(200) }))).rejects.toMatchObject({
    statusCode: 413,
  });
});

test('a row that a view cannot take leaves its call in the data source and in no view, and the SDK is told', async () => {
  await deploy();
  sandbox.tinybird.settings.set({ viewRefuses: '2200-01-01' });
  const rows = [row({ n: 1 }), row({ n: 2, at: '2200-01-01' })];
  await expect(client().ingestBatch('events', rows)).rejects.toMatchObject({ statusCode: 422 });
  await client().ingest('events', row({ n: 3 }));
  expect(sandbox.tinybird.rows('events')).toMatchObject([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(sandbox.tinybird.rowsInViews('events')).toMatchObject([{ n: 3 }]);
});

test('faults reach the SDK as Tinybird’s own failures would', async () => {
  await deploy();
  sandbox.tinybird.faults.set([{ match: { path: '/v0/events' }, fault: { status: 422 } }]);
  await expect(createClient(config()).ingest('events', row())).rejects.toThrow(TinybirdError);
  sandbox.tinybird.faults.set([{ fault: { dropAfterAccept: true } }]);
  await expect(client().ingest('events', row())).rejects.toThrow();
  expect(sandbox.tinybird.rows('events')).toHaveLength(1);
});

test("Ghost's own Tinybird project deploys as it is", async () => {
  const root = join((await installGhost()).dir, 'core/server/data/tinybird');
  const filesOf = (extension: string) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(extension))
      .map((file) => ({
        name: basename(file, extension),
        content: readFileSync(join(root, file), 'utf8'),
      }));
  const [datasources, pipes] = [filesOf('.datasource'), filesOf('.pipe')];
  expect([datasources.length, pipes.length]).toEqual([10, 39]);
  expect(await deploy({}, datasources, pipes)).toMatchObject({ success: true });
  const hit = { ...row(), action: 'page_hit', version: '1', session_id: 'x' };
  const token = sandbox.tinybird.token('tracker') ?? '';
  expect(await client(token).ingest('analytics_events', hit)).toMatchObject({
    successful_rows: 1,
    quarantined_rows: 0,
  });
});
