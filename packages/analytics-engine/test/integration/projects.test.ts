import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tinybird, TinybirdError } from '@tinybirdco/sdk';
import { runGenerate } from '@tinybirdco/sdk/cli/commands/generate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signups, signupsByPlan } from '../fixtures/sdk-project/resources.ts';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../fixtures/test-engine.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

// Ours, with the features that https://github.com/tinybirdco/web-analytics-starter-kit uses and Ghost's
// project does not: a view over another pipe, TTL, Nullable, engine lines in a pipe, a copy pipe, a token
// that reads, arithmetic and `default=` in templates, conditions on two parameters.
describe("a project of the starter kit's shape", () => {
  let engine: TestEngine;
  const hit = (minute: number, session: string | null, tenant: string, agent = 'Firefox') =>
    JSON.stringify({
      timestamp: new Date(Date.UTC(2100, 0, 1, 0, minute)).toISOString(),
      session_id: session,
      action: 'page_hit',
      tenant_id: tenant,
      payload: { pathname: `/${minute % 2}`, 'user-agent': agent },
    });

  beforeAll(async () => {
    engine = await startTestEngine({ PROSORA_ENGINE_DATAFILES: fixture('starter-kit') });
    const rows = [
      hit(0, 'a', 'one'),
      hit(1, 'a', 'one'),
      hit(90, 'b', 'one', 'iPhone'),
      hit(1500, null, 'one', 'curl/8'),
      hit(2, 'c', 'two'),
    ];
    const answer = await engine.send('analytics_events', rows.join('\n'));
    expect(await answer.json()).toEqual({ successful_rows: 5, quarantined_rows: 0 });
  });
  afterAll(() => engine.close());

  const data = async (pipe: string, parameters: string): Promise<unknown> =>
    ((await (await engine.ask(pipe, parameters)).json()) as { data: unknown }).data;

  test('answers from its view, day by day', async () => {
    expect(await data('kpis', 'tenant_id=one&date_from=2100-01-01&date_to=2100-01-03')).toEqual([
      { date: '2100-01-01', visits: 2, pageviews: 3 },
      { date: '2100-01-02', visits: 1, pageviews: 1 },
      { date: '2100-01-03', visits: 0, pageviews: 0 },
    ]);
  });

  test('answers from the events, hour by hour, for one day', async () => {
    const hours = await data('kpis', 'tenant_id=one&date_from=2100-01-01&date_to=2100-01-01');
    expect(hours).toHaveLength(24);
    expect(hours).toMatchObject([
      { date: '2100-01-01 00:00:00', visits: 1, pageviews: 2 },
      { visits: 1, pageviews: 1 },
      ...Array.from({ length: 22 }, () => ({ pageviews: 0 })),
    ]);
  });

  test('turns pages by arithmetic', async () => {
    expect(await data('top_pages', 'tenant_id=one&limit=1')).toEqual([
      { pathname: '/0', visits: 3, hits: 3 },
    ]);
    expect(await data('top_pages', 'tenant_id=one&limit=1&page=1')).toEqual([
      { pathname: '/1', visits: 1, hits: 1 },
    ]);
  });

  test('keeps tenants apart in its view over the events', async () => {
    expect(await data('actions', 'tenant_id=two')).toEqual([
      { action: 'page_hit', sample: '{"pathname":"/0","user-agent":"Firefox"}', occurrences: 1 },
    ]);
    expect(await engine.rows('SELECT DISTINCT device FROM sessions_mv ORDER BY device')).toEqual([
      { device: 'bot' },
      { device: 'desktop' },
      { device: 'mobile' },
    ]);
  });
});

describe("Tinybird's own SDK", () => {
  let engine: TestEngine;
  let folder: string;
  const clientWith = (token: string) =>
    new Tinybird({
      datasources: { signups },
      pipes: { signupsByPlan },
      baseUrl: engine.url,
      token,
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prosora-sdk-'));
    const generated = await runGenerate({ cwd: fixture('sdk-project'), outputDir: folder });
    expect(generated).toMatchObject({ success: true, stats: { datasourceCount: 2, pipeCount: 2 } });
    engine = await startTestEngine({ PROSORA_ENGINE_DATAFILES: folder });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });

  test('defines a project in TypeScript, sends rows and reads them back', async () => {
    const tinybird = clientWith(ADMIN_TOKEN);
    const at = '2026-05-04 10:00:00';
    const row = { at, reader: 'ada', mrr_cents: 500, note: null };
    const sent = await tinybird.signups.ingestBatch([
      { ...row, plan: 'monthly' },
      { ...row, plan: 'yearly' },
      { ...row, plan: 'yearly', reader: "o'neil \\ co" },
    ]);
    expect(sent).toMatchObject({ successful_rows: 3, quarantined_rows: 0 });

    const all = await tinybird.signupsByPlan.query({ since: '2026-01-01' });
    expect(all.data).toEqual([
      { plan: 'monthly', signups: 1 },
      { plan: 'yearly', signups: 2 },
    ]);
    const some = await tinybird.signupsByPlan.query({
      since: '2026-01-01',
      plans: ['yearly', "x'"],
    });
    expect(some.data).toEqual([{ plan: 'yearly', signups: 2 }]);
  });

  test('sees refusals as its own errors', async () => {
    const stranger = clientWith('p.someone-elses-token');
    await expect(stranger.signupsByPlan.query({ since: '2026-01-01' })).rejects.toMatchObject({
      name: TinybirdError.name,
      statusCode: 403,
    });
    await expect(
      clientWith(ADMIN_TOKEN).signupsByPlan.query({ since: 'yesterday' }),
    ).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('Error validating'),
    });
  });
});

test('a pipe that sorts its rows joins in the way of ClickHouse, another so that rows keep their order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'prosora-joins-'));
  cpSync(fixture('starter-kit'), folder, { recursive: true });
  const joins = `SELECT getSetting('join_algorithm') AS joins`;
  for (const [name, sql] of [
    ['as_they_come', joins],
    ['sorted', `${joins} ORDER BY joins`],
  ]) {
    writeFileSync(
      join(folder, `${name}.pipe`),
      `NODE endpoint\nSQL >\n    ${sql}\n\nTYPE ENDPOINT\n`,
    );
  }
  try {
    await using engine = await startTestEngine({ PROSORA_ENGINE_DATAFILES: folder });
    const of = async (pipe: string) => await (await engine.ask(pipe, '')).json();
    expect(await of('as_they_come')).toMatchObject({ data: [{ joins: 'hash' }] });
    expect(await of('sorted')).toMatchObject({
      data: [{ joins: expect.stringContaining('parallel_hash') }],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
