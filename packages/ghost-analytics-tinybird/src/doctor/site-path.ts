import { createHmac } from 'node:crypto';
import { type Finding, fail, failureCodeOf, ghostAdminToken, ok, warn } from '@prosora/service';

/** What the way is walked with. */
export interface SitePathOptions {
  /** The site as readers have it. */
  siteUrl: string;
  /** Signs Ghost's questions for charts; without it they are left out. */
  adminToken: string | undefined;
  /** A person's key for Ghost's Admin API, `id:secret`; without it Ghost itself is not asked. */
  staffToken: string | undefined;
  fetch: typeof fetch;
}

const ANALYTICS = '.ghost/analytics';
const TIMEOUT_MS = 10_000;
/** What Ghost's own script has no word of. */
const ONLY_OURS = 'prosora_ignore';
const DAY_MS = 86_400_000;
const TAG = /<script[^>]*\bghost-stats\.min\.js[^>]*>/;

/**
 * Walks from the script's tag on the site's first page over the edge and the collector to the charts, as
 * a browser and Ghost do, then to what Ghost itself shows, and ends at the first link that is broken.
 */
export async function* walkSitePath(options: SitePathOptions): AsyncGenerator<Finding> {
  const site = `${options.siteUrl.replace(/\/+$/, '')}/`;
  const page = await get(options, site);
  if (typeof page === 'string')
    return yield fail(
      'site',
      `${site} does not answer (${page}).`,
      'Check PROSORA_COLLECTOR_SITE_URL.',
    );
  const tag = TAG.exec(page.text)?.[0];
  if (!tag) {
    return yield fail(
      'site',
      `${site} has no analytics script.`,
      'Turn on web analytics in Ghost Admin, and give Ghost tinybird__tracker__endpoint, tinybird__workspaceId and tinybird__adminToken.',
    );
  }
  const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  yield ok('site', `${site} has the analytics script.`);

  const script = await get(options, new URL(attribute('src'), site).href);
  if (typeof script === 'string')
    return yield fail(
      'script',
      `It does not come (${script}).`,
      'Let the edge hand its address to Ghost, or serve dist/tracker.js there.',
    );
  const isOurs = script.text.includes(ONLY_OURS);
  yield isOurs
    ? ok('script', `It is Prosora's, ${script.text.length} bytes.`)
    : ok('script', "It is Ghost's own, which works too; dist/tracker.js in its place is lighter.");

  const endpoint = attribute('data-host');
  const datasource = attribute('data-datasource');
  // Whoever says that it is a program is answered like a reader and not counted.
  const hit = await get(options, `${endpoint}?name=${datasource}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'user-agent': 'prosora-doctor (bot)' },
    body: JSON.stringify(probe(site, attribute('tb_site_uuid'))),
  });
  if (typeof hit === 'string') {
    return yield fail(
      'hits',
      `${endpoint} does not lead to the collector (${hit}).`,
      `See that it runs, and let the edge hand /${ANALYTICS}/* to it.`,
    );
  }
  yield ok('hits', `What is sent to ${endpoint} reaches the collector.`);

  if (!options.adminToken) {
    return yield warn(
      'charts',
      'They were not asked.',
      'Set TINYBIRD_ADMIN_TOKEN to what Ghost has.',
    );
  }
  const authorization = `Bearer ${jwtAsGhost(options.adminToken, attribute('tb_site_uuid'))}`;
  const ask = (pipe: string, query: string) =>
    get(options, `${site}${ANALYTICS}/v0/pipes/${pipe}.json?${query}`, {
      headers: { authorization },
    });
  const chart = await ask('api_active_visitors', `site_uuid=${attribute('tb_site_uuid')}`);
  if (typeof chart === 'string') {
    return yield fail(
      'charts',
      `They do not come (${chart}).`,
      `Ghost's tinybird__adminToken must be that of the engine or workspace, and tinybird__stats__endpoint ${site}${ANALYTICS}.`,
    );
  }
  yield ok('charts', 'They are answered at the address that Ghost asks.');

  if (!options.staffToken) {
    return yield warn(
      'Ghost',
      'It was not asked itself.',
      'Set GHOST_STAFF_ACCESS_TOKEN to that of an owner or administrator.',
    );
  }
  // Ghost gives an answer again for a while, but not to a question that nobody has asked before.
  const query = `${new URLSearchParams({
    date_from: dayIn(-30),
    date_to: dayIn(1 + Math.floor(Math.random() * 10_000)),
    timezone: 'Etc/UTC',
  })}`;
  const stats = await get(options, `${site}ghost/api/admin/stats/top-content/?${query}`, {
    headers: { authorization: `Ghost ${await ghostAdminToken(options.staffToken)}` },
  });
  if (typeof stats === 'string') {
    return yield fail(
      'Ghost',
      `Its stats API refuses (${stats}).`,
      'Check GHOST_STAFF_ACCESS_TOKEN.',
    );
  }
  const known = await ask('api_top_pages', query);
  const [shown, there] = [countIn(stats, 'stats'), countIn(known, 'data')];
  // Ghost answers with an empty list when it cannot ask.
  if (there > 0 && shown === 0) {
    return yield fail(
      'Ghost',
      `Its stats API shows nothing of ${there} pages that were read; its log says why.`,
      `From where Ghost runs, ${site} must lead to the edge, with a certificate that Ghost trusts, and its tinybird__adminToken and tinybird__stats__endpoint must be right.`,
    );
  }
  yield ok(
    'Ghost',
    there > 0
      ? 'Its stats API shows the pages that were read.'
      : 'Its stats API answers; no page was read in the last 30 days.',
  );
}

/** The answer's text, or in words why there is none. */
async function get(
  { fetch }: SitePathOptions,
  url: string,
  init: RequestInit = {},
): Promise<{ text: string } | string> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await answer.text();
    // An error page in HTML is for readers.
    const said = text.trimStart().startsWith('<') ? '' : text.slice(0, 120);
    return answer.ok ? { text } : `${answer.status} ${said}`.trim();
  } catch (error) {
    return failureCodeOf(error);
  }
}

function probe(site: string, site_uuid: string) {
  const payload = { site_uuid, locale: 'en', location: null, pathname: '/', href: site };
  return { timestamp: new Date().toISOString(), action: 'page_hit', version: '1', payload };
}

/** How many entries a list of the answer has. */
function countIn(answer: { text: string } | string, list: 'stats' | 'data'): number {
  if (typeof answer === 'string') return 0;
  return (JSON.parse(answer.text) as Partial<Record<typeof list, unknown[]>>)[list]?.length ?? 0;
}

function dayIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

/** The token that Ghost makes for its charts, for a minute (core/server/services/tinybird/tinybird-service.js). */
function jwtAsGhost(adminToken: string, site_uuid: string): string {
  const scopes = ['api_active_visitors', 'api_top_pages'].map((resource) => ({
    type: 'PIPES:READ',
    resource,
    fixed_params: { site_uuid },
  }));
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const claims = { name: 'prosora-doctor', scopes, exp };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', adminToken).update(text).digest('base64url')}`;
}
