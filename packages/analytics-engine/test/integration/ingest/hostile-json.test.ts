import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readProject } from '../../../src/datafiles/project.ts';
import {
  ADMIN_TOKEN,
  ghostDatafiles,
  startTestEngine,
  type TestEngine,
} from '../../fixtures/test-engine.ts';

const { soak } = inject('proof');
const RUNS = { numRuns: soak ? 5_000 : 100 };

const PARAMETERS = [
  ...['site_uuid', 'date_from', 'date_to', 'timezone', 'limit', 'skip', 'post_uuid', 'post_type'],
  ...['pathname', 'device', 'source', 'location', 'member_status', 'utm_source', 'gift_link'],
  ...['post_uuids', 'automation_ids', 'hours', 'interval'],
];

let engine: TestEngine;
let endpoints: string[];

beforeAll(async () => {
  engine = await startTestEngine();
  const { pipes } = await readProject(await ghostDatafiles());
  endpoints = [...pipes.values()].filter(({ isEndpoint }) => isEndpoint).map(({ name }) => name);
});

afterAll(() => engine.close());

/** Names that a plain object has without being given them, and those that a request may mean. */
const names = fc.constantFrom(
  ...['toString', 'valueOf', 'toJSON', 'constructor', '__proto__', 'hasOwnProperty', 'length'],
  ...['then', 'kind', 'value', 'text', 'a', 'site_uuid', 'date_from', 'timezone', 'limit'],
  ...['timestamp', 'session_id', 'payload', 'action', 'version', 'id', 'updated_at', 'token'],
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    1e308,
    2 ** 53,
    '',
    '\ud800',
    '2026-05-01',
    'UTC',
    '\0',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    // As entries, since an object that is written down here would take `__proto__` for its prototype.
    fc.uniqueArray(fc.tuple(names, tie('tree')), { selector: ([name]) => name, maxLength: 6 }),
  ),
}));

/** JSON in which a list of pairs may also be an object with these names. */
function json(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  const isObject =
    value.length > 0 && value.every((item) => Array.isArray(item) && typeof item[0] === 'string');
  if (!isObject) return `[${value.map(json).join(',')}]`;
  return `{${value.map(([name, item]) => `${JSON.stringify(name)}:${json(item ?? null)}`).join(',')}}`;
}

const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

function post(path: string, body: string): Promise<Response> {
  return fetch(`${engine.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body,
  });
}

async function expectAnswer(answer: Response): Promise<void> {
  const text = await answer.text();
  expect([answer.status < 500, text]).toEqual([true, text]);
}

describe('hostile JSON', () => {
  test.each([
    ['that is an object without a text', '{"a":{"toString":1}}'],
    ['that is a list of such', '{"a":[{"toString":1}]}'],
    ['that is an object', '{"a":{}}'],
    ['that holds null in a list', '{"a":[null]}'],
    ['that is nested 40,000 levels deep', `{"a":${deep(40_000)}}`],
  ])('of a parameter %s is a 400 that names it', async (_, body) => {
    const answer = await post('/v0/pipes/api_kpis.json', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: expect.stringContaining('parameter "a"') });
  });

  test.each(['[]', '1', 'null', '"a"', '{', '{"a":1}}'])(
    '%s in place of parameters is a 400',
    async (body) => {
      expect((await post('/v0/pipes/api_kpis.json', body)).status).toBe(400);
    },
  );

  test('as parameters is never an error of the engine', async () => {
    const { pid } = engine.database;
    const site = { site_uuid: 'site-a', date_from: '2026-04-01', date_to: '2026-05-31' };
    // A whole tree is mostly refused by its first branch; of texts and lists of them each reaches a template.
    const flat = fc.uniqueArray(
      fc.tuple(fc.constantFrom(...PARAMETERS), fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }))),
      { selector: ([name]) => name, maxLength: 4 },
    );
    const body = fc.oneof(
      tree.map(json),
      flat.map((given) => JSON.stringify({ ...site, ...Object.fromEntries(given) })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...endpoints), body, async (pipe, text) => {
        await expectAnswer(await post(`/v0/pipes/${pipe}.json`, text));
      }),
      RUNS,
    );
    expect(engine.database.pid).toBe(pid);
  });

  test.each([
    ['a time that is an object without a text', '{"timestamp":{"toString":1}}'],
    ['a text that is nested too deeply', `{"timestamp":1777000000,"session_id":${deep(40_000)}}`],
  ])('of an event with %s goes to the quarantine', async (_, row) => {
    const answer = await engine.send('analytics_events', row);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { successful_rows: 0, quarantined_rows: 1 },
    ]);
  });

  test('as events is never an error of the engine', async () => {
    const { pid } = engine.database;
    const datasource = fc.constantFrom('analytics_events', 'automation_run_events');
    const row = fc.record({
      timestamp: fc.oneof(fc.constant('2026-05-01T00:00:00Z'), tree),
      updated_at: fc.oneof(fc.constant('2026-05-01T00:00:00Z'), tree),
      session_id: tree,
      id: tree,
      action: tree,
      version: tree,
      payload: fc.oneof(fc.constant({ site_uuid: 'site-a' }), tree),
      site_uuid: fc.oneof(fc.constant('bd05ceed-1df9-4af7-832a-d3b5faa7ca1d'), tree),
    });
    const rows = fc.array(
      fc.oneof(
        row.map(
          (one) => `{${Object.entries(one).map(([name, value]) => `"${name}":${json(value)}`)}}`,
        ),
        tree.map(json),
      ),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(datasource, rows, async (name, lines) => {
        await expectAnswer(await engine.send(name, lines.join('\n')));
      }),
      RUNS,
    );
    expect(engine.database.pid).toBe(pid);
  });
});
