import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sitePipes } from '../../src/access/site-pipes.ts';
import { readProject } from '../../src/datafiles/project.ts';
import { pipeSql } from '../../src/sql/pipe-sql.ts';
import { pageHit } from '../fixtures/hits.ts';
import {
  ADMIN_TOKEN,
  ghostDatafiles,
  startTestEngine,
  type TestEngine,
} from '../fixtures/test-engine.ts';

const { soak } = inject('proof');
const SITES = {
  'site-a': 'token-of-site-a-of-32-or-more-0123',
  'site-b': 'token-of-site-b-of-32-or-more-0123',
} as const;
const PERIOD = 'date_from=2026-04-01&date_to=2026-05-31';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine({
    PROSORA_ENGINE_TRACKER_TOKEN: 'tracker-token-of-this-test',
    PROSORA_ENGINE_SITE_TOKENS: Object.entries(SITES)
      .map(([site, token]) => `${site}=${token}`)
      .join(','),
  });
  const hits = ['site-a', 'site-b'].flatMap((site) => [1, 2, 3].map((n) => hitOf(site, n)));
  expect((await engine.send('analytics_events', hits.join('\n'))).status).toBe(200);
});

afterAll(() => engine.close());

function hitOf(site: string, index: number): string {
  const hit = JSON.parse(pageHit(index));
  return JSON.stringify({
    ...hit,
    session_id: `${site}-${index}`,
    payload: { ...hit.payload, site_uuid: site, pathname: `/${site}/` },
  });
}

/** A token as Ghost makes it, and as a forger might. */
function jwt(key: string, scopes: object[], expires = '1h'): Promise<string> {
  return new SignJWT({ workspace_id: 'w', name: 'n', scopes })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key));
}

const scope = (resource: string, site?: string) => ({
  type: 'PIPES:READ',
  resource,
  ...(site && { fixed_params: { site_uuid: site } }),
});

async function read(token: string, pipe = 'api_top_pages', query = PERIOD) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${engine.url}/v0/pipes/${pipe}.json?${query}`, { headers });
  const { data, error } = (await answer.json()) as {
    data?: { pathname: string }[];
    error?: string;
  };
  return { status: answer.status, paths: data?.map(({ pathname }) => pathname), error };
}

const append = (token: string, rows: string, datasource = 'analytics_events') =>
  engine.send(datasource, rows, { authorization: `Bearer ${token}` });

describe('hostile values', () => {
  // ClickHouse itself is the judge: with every string literal put out of sight, its own rendering of the
  // query's syntax tree must be the same whatever the values are.
  test('never change the shape of a query, as ClickHouse reads it', async () => {
    const project = await readProject(await ghostDatafiles());
    const endpoints = [...project.pipes.values()].filter(({ isEndpoint }) => isEndpoint);
    const names = [
      'site_uuid',
      'post_uuid',
      'pathname',
      'device',
      'source',
      'location',
      'timezone',
      'utm_source',
      'utm_medium',
      'utm_campaign',
      'utm_term',
      'utm_content',
      'member_status',
      'post_uuids',
      'post_type',
    ];
    const harmless = Object.fromEntries(names.map((name) => [name, 'x']));
    const fixed = {
      date_from: '2026-04-01',
      date_to: '2026-05-31',
      automation_ids: 'x',
      site_uuid: 'x',
    };
    const shapeOf = async (sql: string): Promise<string> => {
      const rows = await engine.rows(`EXPLAIN AST ${sql}`);
      return rows
        .map((row) => String(Object.values(row)[0]))
        .map((line) => line.replace(/Literal (?:'.*|Array_.*)/s, 'Literal'))
        .join('\n');
    };
    const hostile = fc.oneof(
      fc.constantFrom(
        "' OR 1=1 --",
        "'; DROP TABLE analytics_events; --",
        "\\'; SELECT 1 --",
        "' UNION ALL SELECT payload FROM analytics_events --",
        "x') OR ('1'='1",
        '{{ error("x") }}',
        '{% if 1 %}',
        '`',
        '"',
        '\\',
        "'",
        "''",
        "\\\\'",
        '/*',
        '*/',
        '--',
        '\0',
        "\0'",
        '\u2019',
        "']",
        "[']",
        '$$x$$',
        '{x:String}',
      ),
      fc.string({ unit: 'binary' }).map((text) => text.replace(/\p{Cs}/gu, '')),
      fc
        .array(
          fc.constantFrom(
            "'",
            '\\',
            '\0',
            '\n',
            '--',
            '/*',
            '*/',
            '`',
            '{{',
            '%}',
            ';',
            ')',
            '(',
            ' OR ',
          ),
        )
        .map((parts) => parts.join('')),
    );
    const shapes = new Map<string, string>();
    for (const pipe of endpoints) {
      shapes.set(pipe.name, await shapeOf(pipeSql(project, pipe, { ...harmless, ...fixed })));
    }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...endpoints),
        fc.constantFrom(...names),
        hostile,
        async (pipe, name, text) => {
          // A comma makes a list longer, and that is what it is for.
          const value = text.replaceAll(',', ' ');
          const sql = pipeSql(project, pipe, { ...harmless, ...fixed, [name]: value });
          expect(await shapeOf(sql)).toBe(shapes.get(pipe.name));
        },
      ),
      { numRuns: soak ? 5_000 : 200 },
    );
  });

  test('are answered with an empty list or a refusal, and nothing is changed', async () => {
    const before = await engine.count('SELECT count() FROM analytics_events');
    for (const text of [
      "' OR 1=1 --",
      "'; DROP TABLE analytics_events; --",
      '\\',
      "\0'",
      "x') OR ('1'='1",
    ]) {
      const query = new URLSearchParams({
        site_uuid: 'site-a',
        pathname: text,
        date_from: '2026-04-01',
        date_to: '2026-05-31',
      });
      const { status, paths } = await read(ADMIN_TOKEN, 'api_top_pages', query.toString());
      expect([status, paths]).toEqual([200, []]);
    }
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe(before);
  });
});

describe('a token', () => {
  test.each<[string, () => Promise<string>, string]>([
    ['of no one', async () => 'p.some-token-that-no-one-has', 'invalid authentication token'],
    ['that expired', () => jwt(ADMIN_TOKEN, [scope('api_top_pages')], '-1s'), 'has expired'],
    [
      'for another pipe',
      () => jwt(ADMIN_TOKEN, [scope('api_kpis')]),
      'no permission to read api_top_pages',
    ],
    ['that may only send', async () => 'tracker-token-of-this-test', 'no permission to read'],
    [
      'signed with a key that is not known',
      () => jwt('some-other-key-0123', [scope('api_top_pages')]),
      'invalid',
    ],
    [
      "of one site for another's numbers",
      () => jwt(SITES['site-a'], [scope('api_top_pages', 'site-b')]),
      'for another site',
    ],
    [
      'that claims to be the admin',
      () => jwt(SITES['site-a'], [{ type: 'ADMIN' }]),
      'no permission to read',
    ],
  ])('%s is refused, in the shape of Tinybird', async (_, token, message) => {
    expect(await read(await token())).toEqual({
      status: 403,
      paths: undefined,
      error: expect.stringContaining(message),
    });
  });
});

describe('a site with a token of its own', () => {
  test.each(['site-a', 'site-b'] as const)('%s sees itself, whatever it asks for', async (site) => {
    const asked = `${PERIOD}&site_uuid=site-b&site_uuid=site-a`;
    const own = { status: 200, paths: [`/${site}/`], error: undefined };
    expect(await read(SITES[site], 'api_top_pages', asked)).toEqual(own);
    const ghost = await jwt(SITES[site], [scope('api_top_pages', site)]);
    expect(await read(ghost, 'api_top_pages', asked)).toEqual(own);
    const bare = await jwt(SITES[site], [scope('api_top_pages')]);
    expect(await read(bare, 'api_top_pages', asked)).toEqual(own);
  });

  test('does not reach endpoints that tell of all sites', async () => {
    const project = await readProject(await ghostDatafiles());
    const open = sitePipes(project);
    const closed = [...project.pipes.values()]
      .filter(({ isEndpoint, name }) => isEndpoint && !open.has(name))
      .map(({ name }) => name);
    expect(closed).toEqual(['api_monitoring_ingestion', 'api_monitoring_ingestion_aggregated']);
    for (const pipe of closed) expect((await read(SITES['site-a'], pipe)).status).toBe(403);
  });

  test('writes rows of itself and none of another', async () => {
    const before = await engine.count('SELECT count() FROM analytics_events');
    expect((await append(SITES['site-a'], hitOf('site-a', 9))).status).toBe(200);
    const mixed = await append(SITES['site-a'], `${hitOf('site-a', 10)}\n${hitOf('site-b', 10)}`);
    expect(mixed.status).toBe(403);
    expect(await engine.count('SELECT count() FROM analytics_events')).toBe(before + 1);
  });
});
