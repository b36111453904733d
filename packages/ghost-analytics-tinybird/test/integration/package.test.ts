import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CHROMIUM_FLAGS, chromiumPath } from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { type PackedPackage, packed } from '@prosora/service/testing';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runVerb, spawnCollector } from '../fixtures/collector-process.ts';
import { FIREFOX, SITE } from '../fixtures/hits.ts';
import { collectorEnv, postHit } from '../fixtures/running-collector.ts';
import { startUpstream } from '../fixtures/upstream.ts';

const packageDir = join(import.meta.dirname, '../..');
const NAME = '@prosora/ghost-analytics-tinybird';

let installed: PackedPackage;
let cli: string;

beforeAll(async () => {
  installed = await packed(packageDir);
  cli = join(installed.home, 'dist/cli.js');
});
afterAll(() => installed[Symbol.asyncDispose]());

test('the tarball alone collects: a hit goes from the page to the upstream', async () => {
  await using upstream = await startUpstream();
  const env = collectorEnv(upstream.url);
  const collector = await spawnCollector(env, [cli]);
  expect((await postHit(collector.url)).status).toBe(202);
  await vi.waitUntil(() => upstream.rows().length === 1);
  upstream.answer = () => ({ status: 400 });
  expect((await runVerb(env, ['doctor'], [cli])).code).toBe(0);
  expect(await collector.end('SIGTERM')).toBe(0);
});

test('the entry loads by import and by require, is small and needs nothing', async () => {
  const use = `console.log(typeof pageHitRequest)`;
  for (const args of [
    ['--input-type=module', '-e', `import { pageHitRequest } from '${NAME}'; ${use}`],
    ['-e', `const { pageHitRequest } = require('${NAME}'); ${use}`],
  ]) {
    expect(await installed.node(args)).toBe('function\n');
  }
  expect(statSync(join(installed.home, 'dist/index.cjs')).size).toBeLessThan(4_000);
});

test('the command is small, as code takes memory too: at most 600 KB', () => {
  expect(statSync(cli).size).toBeLessThan(600_000);
});

test('the example of the README runs', async () => {
  await using upstream = await startUpstream();
  const collector = await spawnCollector(collectorEnv(upstream.url), [cli]);
  const readme = readFileSync(join(packageDir, 'README.md'), 'utf8');
  writeFileSync(join(installed.dir, 'example.mjs'), /```js\n(.*?)```/s.exec(readme)?.[1] ?? '');
  const env = { COLLECTOR_URL: collector.url, SITE_UUID: SITE };
  expect(await installed.node(['example.mjs'], env)).toBe('202\n');
  await vi.waitUntil(() => upstream.rows().length === 1);
  expect(JSON.parse(upstream.rows()[0] as string)).toMatchObject({
    payload: { pathname: '/welcome/', utm_source: 'letter', device: 'desktop' },
  });
  expect(await collector.end('SIGTERM')).toBe(0);
});

test('the tracker is small: at most 1.6 KB, 1.0 KB on the wire', () => {
  const script = readFileSync(join(installed.home, 'dist/tracker.js'));
  const sizes = { minified: script.length, gzip: gzipSync(script, { level: 9 }).length };
  console.log(`dist/tracker.js: ${sizes.minified} bytes, ${sizes.gzip} with gzip`);
  expect(sizes.minified).toBeLessThanOrEqual(1_600);
  expect(sizes.gzip).toBeLessThanOrEqual(1_000);
});

// CI has a browser; elsewhere CONTRIBUTING.md says how to bring one.
test.skipIf(lacks('chromium'))(
  'a page with two attributes is counted by the tracker of the tarball (needs Chromium)',
  async () => {
    await using upstream = await startUpstream();
    const collector = await spawnCollector(collectorEnv(upstream.url), [cli]);
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? 'chromium',
      args: CHROMIUM_FLAGS,
    });
    const page = await browser.newPage({
      timezoneId: 'Europe/Vienna',
      userAgent: FIREFOX,
    });
    await page.addInitScript('window.__GHOST_SYNTHETIC_MONITORING__ = true');
    await page.route('**/teapots/**', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ path: join(installed.home, 'dist/tracker.js') })
        : route.fulfill({
            contentType: 'text/html',
            body: `<script defer src="/teapots/t.js" data-host="${collector.url}/api/v1/page_hit" tb_site_uuid="${SITE}"></script>`,
          }),
    );
    await page.goto(`${collector.url}/teapots/?utm_source=letter`);
    await vi.waitUntil(() => upstream.rows().length === 1, { timeout: 10_000 });
    await browser.close();
    expect(JSON.parse(upstream.rows()[0] as string)).toMatchObject({
      payload: { pathname: '/teapots/', utm_source: 'letter', location: 'AT', post_type: 'null' },
    });
    expect(await collector.end('SIGTERM')).toBe(0);
  },
);
