import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { installGhost } from '@prosora/ghost-local';
import { findingLine } from '@prosora/service';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { walkSitePath } from '../../../src/doctor/site-path.ts';
import { SITE } from '../../fixtures/hits.ts';
import { TRACKER } from '../../fixtures/recorder.ts';

const STAFF_TOKEN = `${'1'.repeat(24)}:${'2'.repeat(64)}`;
let ghostsScript: string;
/** What the site answers, by path without query. */
let answers: Map<string, string>;
let asked: { path: string; authorization: string | undefined }[];
let notFound: string | undefined;
let siteUrl: string;
let site: Server;

beforeAll(async () => {
  const { dir } = await installGhost();
  ghostsScript = readFileSync(join(dir, 'core/frontend/public/ghost-stats.min.js'), 'utf8');
});

beforeEach(async () => {
  asked = [];
  notFound = undefined;
  site = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const { authorization } = request.headers;
    asked.push({ path, authorization });
    const answer = answers.get(path);
    response.writeHead(answer === undefined ? 404 : 200).end(answer ?? notFound);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const endpoint = `${siteUrl}/.ghost/analytics/api/v1/page_hit`;
  answers = new Map([
    [
      '/',
      `<script defer src="/public/ghost-stats.min.js?v=1" data-host="${endpoint}" data-datasource="analytics_events" tb_site_uuid="${SITE}"></script>`,
    ],
    ['/public/ghost-stats.min.js', TRACKER],
    ['/.ghost/analytics/api/v1/page_hit', '{}'],
    ['/.ghost/analytics/v0/pipes/api_active_visitors.json', '{"data":[]}'],
    ['/.ghost/analytics/v0/pipes/api_top_pages.json', '{"data":[{"pathname":"/"}]}'],
    ['/ghost/api/admin/stats/top-content/', '{"stats":[{"pathname":"/"}]}'],
  ]);
});
afterEach(async () => {
  site.close();
  site.closeAllConnections();
  await once(site, 'close');
});

async function walk(keys: { adminToken?: string; staffToken?: string } = {}) {
  const options = { adminToken: 'admin', staffToken: STAFF_TOKEN, ...keys };
  const findings: string[] = [];
  for await (const finding of walkSitePath({ siteUrl, fetch, ...options })) {
    findings.push(findingLine(finding));
  }
  return findings;
}

test('a way that holds is walked to what Ghost shows', async () => {
  expect(await walk()).toEqual([
    `✔ site: ${siteUrl}/ has the analytics script.`,
    `✔ script: It is Prosora's, ${TRACKER.length} bytes.`,
    `✔ hits: What is sent to ${siteUrl}/.ghost/analytics/api/v1/page_hit reaches the collector.`,
    '✔ charts: They are answered at the address that Ghost asks.',
    '✔ Ghost: Its stats API shows the pages that were read.',
  ]);
  const token = asked.find(({ path }) => path.startsWith('/ghost/api/'))?.authorization ?? '';
  const [head = '', claims = ''] = token.replace(/^Ghost /, '').split('.');
  const partOf = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
  expect(partOf(head)).toEqual({ alg: 'HS256', typ: 'JWT', kid: '1'.repeat(24) });
  expect(partOf(claims)).toMatchObject({ aud: '/admin/' });
});

test("Ghost's own script is told from ours", async () => {
  answers.set('/public/ghost-stats.min.js', ghostsScript);
  expect((await walk())[1]).toMatch(/^✔ script: It is Ghost's own, which works too/);
});

test('a Ghost that cannot ask, and so shows nothing of what was read, is the broken link', async () => {
  answers.set('/ghost/api/admin/stats/top-content/', '{"stats":[]}');
  expect((await walk()).at(-1)).toMatch(/^✘ Ghost: Its stats API shows nothing of 1 pages/);
  answers.set('/.ghost/analytics/v0/pipes/api_top_pages.json', '{"data":[]}');
  expect((await walk()).at(-1)).toMatch(/^✔ Ghost: Its stats API answers; no page was read/);
  answers.delete('/ghost/api/admin/stats/top-content/');
  expect((await walk()).at(-1)).toMatch(/refuses \(404\)\. Check GHOST_STAFF_ACCESS_TOKEN\.$/);
});

test('a page in HTML in place of the collector is named by its status alone', async () => {
  notFound = '<!DOCTYPE html>\n<html>';
  answers.delete('/.ghost/analytics/api/v1/page_hit');
  expect((await walk()).at(-1)).toMatch(
    /does not lead to the collector \(404\)\. See that it runs/,
  );
});

test.each([
  ['/', /has no analytics script|does not answer/],
  ['/public/ghost-stats.min.js', /script: It does not come \(404\)/],
  ['/.ghost/analytics/api/v1/page_hit', /does not lead to the collector \(404\)/],
  ['/.ghost/analytics/v0/pipes/api_active_visitors.json', /charts: They do not come \(404\)/],
])('the way ends at the first broken link: %s', async (path, text) => {
  answers.delete(path);
  const findings = await walk();
  expect(findings.filter((finding) => finding.startsWith('✘'))).toHaveLength(1);
  expect(findings.at(-1)).toMatch(text);
});
