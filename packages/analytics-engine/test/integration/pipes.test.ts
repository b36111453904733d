import fc from 'fast-check';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringLiteral } from '../../src/template/literal.ts';
import { pageHit } from '../fixtures/hits.ts';
import { ADMIN_TOKEN, startTestEngine, type TestEngine } from '../fixtures/test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
  const hits = [1, 2, 3].map((index) => pageHit(index, { timestamp: '2026-05-04T10:00:00.000Z' }));
  await engine.send('analytics_events', hits.join('\n'));
});

afterAll(() => engine.close());

const PERIOD = 'date_from=2026-05-01&date_to=2026-05-31';

async function pathsSeen(response: Response): Promise<unknown[]> {
  const { data } = (await response.json()) as { data: { pathname: string }[] };
  return data.map(({ pathname }) => pathname).sort();
}

/** A token as Ghost makes it for one site. */
function ghostToken(expires: string): Promise<string> {
  return new SignJWT({
    workspace_id: 'w',
    name: 'tinybird-jwt-site-a',
    scopes: [
      { type: 'PIPES:READ', resource: 'api_top_pages', fixed_params: { site_uuid: 'site-a' } },
    ],
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(ADMIN_TOKEN));
}

function askAs(token: string, pipe: string, parameters: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`${engine.url}/v0/pipes/${pipe}.json?${parameters}`, { headers });
}

describe('an endpoint', () => {
  test('answers in the shape of Tinybird with numbers as numbers', async () => {
    const answer = await engine.ask('api_active_visitors', 'site_uuid=site-a');
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await answer.json()).toEqual({
      meta: [{ name: 'active_visitors', type: 'UInt64' }],
      data: [{ active_visitors: 0 }],
      rows: 1,
      statistics: {
        elapsed: expect.any(Number),
        rows_read: expect.any(Number),
        bytes_read: expect.any(Number),
      },
    });
  });

  test.each([
    ['query', `site_uuid=site-a&${PERIOD}`, undefined, undefined],
    ['form', '', `site_uuid=site-a&${PERIOD}`, 'application/x-www-form-urlencoded'],
    [
      'JSON',
      '',
      JSON.stringify({
        site_uuid: 'site-a',
        date_from: '2026-05-01',
        date_to: '2026-05-31',
        limit: 50,
      }),
      'application/json',
    ],
  ])('takes its parameters from a %s', async (_, query, body, type) => {
    const answer = await fetch(`${engine.url}/v0/pipes/api_top_pages.json?${query}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...(type && { 'content-type': type }) },
      ...(body && { body }),
    });
    expect(await pathsSeen(answer)).toEqual(['/page-1/', '/page-2/', '/page-3/']);
  });

  test.each([
    [400, 'Error validating', 'api_top_pages', `site_uuid=site-a&limit=ten`],
    [400, 'Error validating', 'api_top_pages', `site_uuid=site-a&date_from=2026-02-30`],
    [400, 'Required parameter is not defined: site_uuid', 'api_top_pages', PERIOD],
    [
      400,
      'Cannot load time zone',
      'api_top_pages',
      `site_uuid=site-a&${PERIOD}&timezone=Middle/Earth`,
    ],
    [404, 'does not exist', 'filtered_sessions', 'site_uuid=site-a'],
    [404, 'does not exist', 'nothing', ''],
  ])('answers %i "%s" to %s?%s', async (status, message, pipe, parameters) => {
    const answer = await engine.ask(pipe, parameters);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining(message),
      documentation: expect.any(String),
    });
  });
});

describe("Ghost's token", () => {
  test('fixes the site whatever the query says', async () => {
    const answer = await askAs(
      await ghostToken('1h'),
      'api_top_pages',
      `site_uuid=site-b&${PERIOD}`,
    );
    expect(await pathsSeen(answer)).toHaveLength(3);
  });

  test('reads no other pipe, and nothing once expired', async () => {
    const other = await askAs(await ghostToken('1h'), 'api_kpis', 'site_uuid=site-a');
    const expired = await askAs(await ghostToken('-1s'), 'api_top_pages', 'site_uuid=site-a');
    expect([other.status, expired.status]).toEqual([403, 403]);
  });
});

test('a browser on another origin is let in', async () => {
  const preflight = await fetch(`${engine.url}/v0/pipes/api_kpis.json`, {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-headers': 'authorization' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  const refused = await fetch(`${engine.url}/v0/pipes/api_kpis.json`);
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
});

test('ClickHouse reads every literal as the text it was made of', async () => {
  const texts = fc.array(
    fc.string({ unit: 'binary' }).map((text) => text.replace(/\p{Cs}/gu, '')),
    { minLength: 20, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (list) => {
      const columns = list.map((text, index) => `hex(${stringLiteral(text)}) AS c${index}`);
      const [row] = await engine.rows(`SELECT ${columns.join(', ')}`);
      expect(Object.values(row ?? {})).toEqual(
        list.map((text) => Buffer.from(text).toString('hex').toUpperCase()),
      );
    }),
    { numRuns: 25 },
  );
});

test.each([
  ["SELECT * FROM file('/etc/passwd', 'LineAsString')"],
  ["SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
  ['INSERT INTO analytics_events (session_id) VALUES (1)'],
  ['SET readonly = 0'],
  ['SELECT 1 SETTINGS max_execution_time = 1000'],
])('a Session that answers requests cannot %s', async (sql) => {
  await expect(engine.database.query(sql)).rejects.toMatchObject({
    context: { clickhouseCode: 164 },
  });
});

test('/tokens tells nothing unless asked for', async () => {
  expect((await fetch(`${engine.url}/tokens`)).status).toBe(404);
});
