import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runEngine, serveEngine } from './engine-process.ts';
import { pageHits } from './hits.ts';
import { ADMIN_TOKEN } from './test-engine.ts';

const run = promisify(execFile);
const packageDir = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prosora-packed-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: packageDir,
  });
  const [{ filename }] = JSON.parse(stdout);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  await run(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${filename}`],
    { cwd: folder },
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

test('the tarball alone serves: hits go in and come out counted', async () => {
  const command = [join(folder, 'node_modules/@prosora/analytics-engine/dist/cli.js')];
  const env = {
    PROSORA_ENGINE_DATA_DIR: join(folder, 'data'),
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

test('the entry loads by import and by require', async () => {
  const name = '@prosora/analytics-engine';
  for (const args of [
    [
      '--input-type=module',
      '-e',
      `import { BATCH_HEADER } from '${name}'; console.log(BATCH_HEADER)`,
    ],
    ['-e', `console.log(require('${name}').BATCH_HEADER)`],
  ]) {
    expect((await run(process.execPath, args, { cwd: folder })).stdout).toBe('prosora-batch\n');
  }
});
