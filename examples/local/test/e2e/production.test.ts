import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type AdminClient,
  bootGhost,
  CHROMIUM_FLAGS,
  chromiumPath,
  createAdminClient,
  installGhost,
  mergeConfig,
} from '@prosora/ghost-local';
import { lacks } from '@prosora/service/programs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEdge } from '../../src/edge.ts';
import { analyticsConfig } from '../../src/ghost-config.ts';
import {
  ANALYTICS_ADMIN_TOKEN,
  collectorEnv,
  servicePorts,
  startAnalyticsEngine,
  startCollector,
  TRACKER_SCRIPT,
} from '../../src/services.ts';
import type { Settings } from '../../src/settings.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'prosora-production-'));
const settings: Settings = { dir, port: 23_368, sandboxPort: 25_100, exit: true, fresh: true };
// Not localhost: a production Ghost lets itself ask no host without a dot (`lib/request-external.js`).
const HOST = '127.0.0.1';
const SITE = `https://${HOST}:${settings.port}`;
const TRACKER_TOKEN = 'p.a-token-that-no-page-may-show';

const started = new AsyncDisposableStack();
let admin: AdminClient;

beforeAll(async () => {
  const tls = throwawayCertificate();
  const install = await installGhost();
  const engine = await startAnalyticsEngine(settings, install.dir);
  started.defer(() => engine.stop());
  const collector = await startCollector(settings);
  started.defer(() => collector.stop());
  const leaky = { tinybird: { tracker: { token: TRACKER_TOKEN } } };
  const ghost = started.use(
    await bootGhost({
      install,
      mode: 'production',
      url: SITE,
      config: mergeConfig(analyticsConfig(SITE), leaky),
      env: { NODE_EXTRA_CA_CERTS: tls.file },
    }),
  );
  const edge = await startEdge({
    host: HOST,
    port: settings.port,
    ghostUrl: ghost.listenUrl,
    routes: { '/.ghost/analytics': `http://127.0.0.1:${servicePorts(settings).collector.port}` },
    scripts: TRACKER_SCRIPT,
    tls,
  });
  started.defer(() => edge.close());
  admin = createAdminClient(ghost);
  await admin.setup();
});
afterAll(async () => {
  await started.disposeAsync();
  rmSync(dir, { recursive: true, force: true });
});

/** A certificate for this machine that is its own authority; who trusts the file trusts the edge. */
function throwawayCertificate() {
  const [key, file] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=IP:${HOST}`];
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', file], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
}

const today = new Date().toISOString().slice(0, 10);
const range = { date_from: today, date_to: today, timezone: 'Etc/UTC' };

/** Page views so far, asked past Ghost: its server keeps its first answer for a while. */
async function viewsSoFar(): Promise<number> {
  const { tinybird } = await admin.request<{ tinybird: { token: string } }>(
    'GET',
    'tinybird/token',
  );
  const collector = `http://127.0.0.1:${servicePorts(settings).collector.port}`;
  const answer = await fetch(`${collector}/v0/pipes/api_kpis.json?${new URLSearchParams(range)}`, {
    headers: { authorization: `Bearer ${tinybird.token}` },
  });
  const { data } = (await answer.json()) as { data: { pageviews: number }[] };
  return data.reduce((sum, { pageviews }) => sum + pageviews, 0);
}

// CI has a browser; elsewhere CONTRIBUTING.md says how to bring one.
test.skipIf(lacks('chromium') || lacks('openssl'))(
  'a production Ghost behind https shows a browser’s page view in its own stats, and no token in the page (needs Chromium and openssl)',
  async () => {
    await admin.posts.add({ title: 'Fog in production', status: 'published' });
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? 'chromium',
      args: CHROMIUM_FLAGS,
    });
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      userAgent: 'Mozilla/5.0 (X11; Linux x64; rv:146.0) Gecko/20100101 Firefox/146.0',
    });
    await context.addInitScript('window.__GHOST_SYNTHETIC_MONITORING__ = true');
    const page = await context.newPage();
    const taken = page.waitForResponse((response) => response.url().includes('/page_hit'));
    await page.goto(`${SITE}/fog-in-production/`);
    expect((await taken).status()).toBe(202);
    // Ours, by what only ours says: the time zone's name in place of a country.
    expect((await taken).request().postData()).toContain('"timezone":');
    const html = await page.content();
    await browser.close();

    expect(html).toContain(`data-host="${SITE}/.ghost/analytics/api/v1/page_hit"`);
    expect(html).not.toContain(TRACKER_TOKEN);
    expect(html).not.toContain(ANALYTICS_ADMIN_TOKEN);
    expect(html).not.toContain('local-analytics');
    await vi.waitUntil(async () => (await viewsSoFar()) === 1, { timeout: 30_000, interval: 200 });
    // Ghost's server asks the site's own https origin, the only one that it lets itself ask.
    type TopContent = { stats: { pathname: string; visits: number }[] };
    const { stats } = await admin.stats<TopContent>('top-content', range);
    expect(stats).toMatchObject([{ pathname: '/fog-in-production/', visits: 1 }]);
  },
);

test.skipIf(lacks('openssl'))(
  'doctor walks from the page of a production Ghost to its charts, and names the first broken link (needs openssl)',
  async () => {
    const command = fileURLToPath(
      new URL('../../../../packages/ghost-analytics-tinybird/src/cli.ts', import.meta.url),
    );
    const walk = async (env: Record<string, string>) => {
      const options = {
        PATH: process.env['PATH'] ?? '',
        NODE_EXTRA_CA_CERTS: path.join(dir, 'cert.pem'),
        ...{ ...collectorEnv(settings), PROSORA_COLLECTOR_SITE_URL: SITE, ...env },
      };
      const args = ['--conditions=@prosora/source', command, 'doctor'];
      return await promisify(execFile)(process.execPath, args, { env: options }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
      );
    };
    type StaffToken = { apiKey: { id: string; secret: string } };
    const { apiKey } = await admin.request<StaffToken>('GET', 'users/me/token');
    const keys = {
      TINYBIRD_ADMIN_TOKEN: ANALYTICS_ADMIN_TOKEN,
      GHOST_STAFF_ACCESS_TOKEN: `${apiKey.id}:${apiKey.secret}`,
    };
    const well = await walk(keys);
    expect([well.code, well.stdout.match(/✘.*/g)]).toEqual([0, null]);
    expect(well.stdout).toContain("✔ script: It is Prosora's");
    expect(well.stdout).toContain('✔ charts: They are answered at the address that Ghost asks.');
    expect(well.stdout).toMatch(/✔ Ghost: Its stats API (shows|answers)/);
    const ill = await walk({ TINYBIRD_ADMIN_TOKEN: 'not-the-one-that-ghost-has' });
    expect([ill.code, ill.stdout.match(/✘.*/g)]).toEqual([
      1,
      [expect.stringContaining('charts: They do not come (403')],
    ]);
  },
);
