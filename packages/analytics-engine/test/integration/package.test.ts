import { join } from 'node:path';
import { type PackedPackage, packed } from '@prosora/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runEngine, serveEngine } from '../fixtures/engine-process.ts';
import { pageHits } from '../fixtures/hits.ts';
import { ADMIN_TOKEN } from '../fixtures/test-engine.ts';

let installed: PackedPackage;

beforeAll(async () => {
  installed = await packed(join(import.meta.dirname, '../..'), { network: true });
});
afterAll(() => installed[Symbol.asyncDispose]());

test('the tarball alone serves: hits go in and come out counted', async () => {
  const command = [join(installed.home, 'dist/cli.js')];
  const env = {
    PROSORA_ENGINE_DATA_DIR: join(installed.dir, 'data'),
    PROSORA_ENGINE_PORT: '0',
    PROSORA_ENGINE_PRIVATE_PORT: '0',
  };
  const engine = await serveEngine({ env, command });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  await fetch(`${engine.url}/v0/events?name=analytics_events`, {
    method: 'POST',
    headers,
    body: pageHits(0, 3),
  });
  const answer = await fetch(
    `${engine.url}/v0/pipes/api_top_locations.json?site_uuid=site-a&date_from=2026-04-28&date_to=2026-04-28`,
    { headers },
  );
  expect(await answer.json()).toMatchObject({ data: [{ location: 'GB', visits: 1 }] });
  expect((await runEngine(['doctor'], { env, command })).code).toBe(0);
  expect(await engine.end('SIGTERM')).toBe(0);
});
