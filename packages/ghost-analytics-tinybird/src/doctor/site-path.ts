import { createHmac } from 'node:crypto';

/** A link of the way that a page view goes, and whether it holds. */
export interface Finding {
  ok: boolean;
  /** What was found, and what to do about it, as a sentence. */
  text: string;
}

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
  if (typeof page === 'string') return yield broken(`${site} does not answer (${page})`);
  const tag = TAG.exec(page.text)?.[0];
  if (!tag) {
    return yield broken(
      `${site} has no analytics script: turn on web analytics in Ghost Admin, and give Ghost tinybird__tracker__endpoint, tinybird__workspaceId and tinybird__adminToken`,
    );
  }
  const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  yield holds(`${site} has the analytics script`);

  const script = await get(options, new URL(attribute('src'), site).href);
  if (typeof script === 'string') return yield broken(`the script does not come (${script})`);
  const isOurs = script.text.includes(ONLY_OURS);
  yield holds(
    isOurs
      ? `the script is Prosora's, ${script.text.length} bytes`
      : "the script is Ghost's own, which works too: let the edge serve dist/tracker.js in its place",
  );

  const endpoint = attribute('data-host');
  const datasource = attribute('data-datasource');
  // Whoever says that it is a program is answered like a reader and not counted.
  const hit = await get(options, `${endpoint}?name=${datasource}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'user-agent': 'prosora-doctor (bot)' },
    body: JSON.stringify(probe(site, attribute('tb_site_uuid'))),
  });
  if (typeof hit === 'string') {
    return yield broken(
      `${endpoint} does not lead to the collector (${hit}): see that it runs, and let the edge hand /${ANALYTICS}/* to it`,
    );
  }
  yield holds(`hits at ${endpoint} reach the collector`);

  if (!options.adminToken) {
    return yield holds('charts were not asked: set TINYBIRD_ADMIN_TOKEN to what Ghost has');
  }
  const authorization = `Bearer ${jwtAsGhost(options.adminToken, attribute('tb_site_uuid'))}`;
  const ask = (pipe: string, query: string) =>
    get(options, `${site}${ANALYTICS}/v0/pipes/${pipe}.json?${query}`, {
      headers: { authorization },
    });
  const chart = await ask('api_active_visitors', `site_uuid=${attribute('tb_site_uuid')}`);
  if (typeof chart === 'string') {
    return yield broken(
      `charts do not come (${chart}): Ghost's tinybird__adminToken must be that of the engine or workspace, and tinybird__stats__endpoint ${site}${ANALYTICS}`,
    );
  }
  yield holds('charts are answered at the address that Ghost asks');

  if (!options.staffToken) {
    return yield holds(
      'Ghost itself was not asked: set GHOST_STAFF_ACCESS_TOKEN to that of an owner or administrator',
    );
  }
  // Ghost gives an answer again for a while, but not to a question that nobody has asked before.
  const query = `${new URLSearchParams({
    date_from: dayIn(-30),
    date_to: dayIn(1 + Math.floor(Math.random() * 10_000)),
    timezone: 'Etc/UTC',
  })}`;
  const stats = await get(options, `${site}ghost/api/admin/stats/top-content/?${query}`, {
    headers: { authorization: `Ghost ${jwtOfStaff(options.staffToken)}` },
  });
  if (typeof stats === 'string') {
    return yield broken(`Ghost's stats API refuses (${stats}): check GHOST_STAFF_ACCESS_TOKEN`);
  }
  const known = await ask('api_top_pages', query);
  const [shown, there] = [countIn(stats, 'stats'), countIn(known, 'data')];
  // Ghost answers with an empty list when it cannot ask.
  if (there > 0 && shown === 0) {
    return yield broken(
      `Ghost's stats API shows nothing of ${there} pages that were read: from where Ghost runs, ${site} must lead to the edge, with a certificate that Ghost trusts, and its tinybird__adminToken and tinybird__stats__endpoint be right; its log says why`,
    );
  }
  yield holds(
    there > 0
      ? `Ghost's stats API shows the pages that were read`
      : "Ghost's stats API answers; no page was read in the last 30 days",
  );
}

const holds = (text: string): Finding => ({ ok: true, text });
const broken = (text: string): Finding => ({ ok: false, text });

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
    const { message, cause } = error as Error;
    return cause instanceof Error ? cause.message : message;
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

/** The token that Ghost makes for its charts (core/server/services/tinybird/tinybird-service.js). */
function jwtAsGhost(adminToken: string, site_uuid: string): string {
  const scopes = ['api_active_visitors', 'api_top_pages'].map((resource) => ({
    type: 'PIPES:READ',
    resource,
    fixed_params: { site_uuid },
  }));
  return signedJwt({}, { name: 'prosora-doctor', scopes }, adminToken);
}

/** https://docs.ghost.org/admin-api#token-authentication */
function jwtOfStaff(staffToken: string): string {
  const [kid, secret = ''] = staffToken.split(':');
  const iat = Math.floor(Date.now() / 1_000);
  return signedJwt({ kid }, { iat, aud: '/admin/' }, Buffer.from(secret, 'hex'));
}

/** For a minute. */
function signedJwt(header: object, claims: object, key: string | Buffer): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const text = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part({ ...claims, exp })}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}
