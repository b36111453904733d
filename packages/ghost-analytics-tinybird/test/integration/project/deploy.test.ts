import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Cloud, startCloud } from '../../fixtures/cloud.ts';
import { runVerb } from '../../fixtures/collector-process.ts';
import { SITE } from '../../fixtures/hits.ts';
import { collectorEnv, postHit, startTestCollector } from '../../fixtures/running-collector.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud();
});
beforeEach(() => cloud.reset());
afterAll(() => cloud[Symbol.asyncDispose]());

test('one command brings the project to the cloud, and what it prints makes a collector that is heard', async () => {
  cloud.tinybird.settings.set({ deployMs: 300 });
  const check = await cloud.deploy(['--check']);
  expect([check.code, check.stdout]).toEqual([
    0,
    '# The project would be taken; nothing was changed.\n',
  ]);
  const first = await cloud.deploy();
  expect([first.code, first.stdout.split('\n')[0]]).toEqual([
    0,
    '# Live: 51 new, 0 changed, 0 deleted.',
  ]);
  expect(first.env).toMatchObject({
    TINYBIRD_HOST: cloud.tinybird.url,
    TINYBIRD_TRACKER_TOKEN: expect.stringMatching(/^p\./),
    tinybird__workspaceId: cloud.tinybird.workspaceId,
    tinybird__adminToken: cloud.tinybird.adminToken,
    tinybird__tracker__endpoint: 'https://blog.example.com/.ghost/analytics/api/v1/page_hit',
    tinybird__tracker__datasource: 'analytics_events',
    tinybird__stats__endpoint: 'https://blog.example.com/.ghost/analytics',
  });
  expect((await cloud.deploy()).stdout).toMatch(/^# The workspace has it already\.\n/);
  const { TINYBIRD_TRACKER_TOKEN = '' } = first.env;
  await using collector = await startTestCollector(
    collectorEnv(cloud.tinybird.url, { TINYBIRD_TRACKER_TOKEN }),
  );
  await postHit(collector.url, { event_id: 'heard' });
  await vi.waitUntil(() => cloud.rowsThere().length === 1);
  expect(cloud.rowsThere()).toMatchObject([{ payload: { event_id: 'heard', site_uuid: SITE } }]);
});

test('a workspace without the token that hits need is told, and nothing to set is printed', async () => {
  cloud.tinybird.faults.set([
    { match: { path: '/v0/tokens' }, fault: { status: 200, body: '{"tokens":[]}' } },
  ]);
  const { code, stdout, stderr } = await cloud.deploy();
  expect([code, stdout.includes('undefined')]).toEqual([1, false]);
  expect(stderr).toContain('has no token named tracker');
});

test('a project or token that is not taken is told by file, and nothing half is left', async () => {
  const missing = await runVerb({ TINYBIRD_HOST: cloud.tinybird.url }, ['deploy']);
  expect(missing.stderr).toMatch(/TINYBIRD_ADMIN_TOKEN is required[\s\S]*GHOST_DIR is required/);
  const wrong = await runVerb({ ...cloud.deployEnv, TINYBIRD_ADMIN_TOKEN: 'p.other' }, ['deploy']);
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringMatching(/403.*Check TINYBIRD_HOST and TINYBIRD_ADMIN_TOKEN/s),
  ]);
  const nowhere = await runVerb({ ...cloud.deployEnv, GHOST_DIR: tmpdir() }, ['deploy']);
  expect(nowhere.stderr).toContain(`There is no Tinybird project in ${tmpdir()}/core`);
});
