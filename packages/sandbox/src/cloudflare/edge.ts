import type { Request, RequestHandler, Response } from 'express';
import type { Account, Rule } from './account.ts';
import type { Kept } from './edge-cache.ts';
import { type Fields, parseExpression } from './expression.ts';

/** Extensions that are cached without a rule: https://developers.cloudflare.com/cache/concepts/default-cache-behavior/ */
const STATIC = /\.(css|js|jpe?g|png|gif|webp|avif|svg|ico|woff2?|ttf|eot|mp4|webm|pdf|zip)$/i;
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
]);
const ORIGIN_TIMEOUT_MS = 100_000;

/** What became of a request, in the words of `CF-Cache-Status`. */
type Status = 'HIT' | 'MISS' | 'EXPIRED' | 'REVALIDATED' | 'BYPASS' | 'DYNAMIC';

/** How a request is treated, as the rules say. */
interface Treatment {
  isEligible: boolean;
  /** Seconds that a rule sets whatever the site says. */
  edgeSeconds?: number | undefined;
}

/** The edge: what readers reach, in front of the site. It keeps what the rules of the zone let it keep. */
export function createEdge(account: Account): RequestHandler {
  const { settings, cache, now } = account;

  return async (request, response) => {
    const { origin, host: standing, zone } = settings.current;
    const asked = (request.headers.host ?? '').split(':')[0] ?? '';
    const host = asked === zone || asked.endsWith(`.${zone}`) ? asked : (standing ?? zone);
    if (origin === null) return void response.status(521).send('Web server is down');
    const url = `https://${host}${request.originalUrl}`;
    const fields = fieldsOf(request, host);
    const treatment = treat(rulesOf(account, 'http_request_cache_settings'), fields);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || !treatment.isEligible) {
      const status = treatment.edgeSeconds === -1 ? 'BYPASS' : 'DYNAMIC';
      return give(response, await fetchOrigin(account, request, origin, host), status);
    }
    const kept = cache.get(url);
    if (kept !== undefined && kept.freshUntil > now()) return give(response, kept, 'HIT');

    const { generation } = cache;
    const etag = kept?.headers['etag'];
    const fetched = await fetchOrigin(account, request, origin, host, etag);
    if (kept !== undefined && fetched.status === 304) {
      const freshUntil = freshUntilOf(
        account,
        { ...fetched, headers: { ...kept.headers, ...fetched.headers } },
        fields,
        treatment,
      );
      if (generation === cache.generation) kept.freshUntil = freshUntil;
      return give(response, kept, 'REVALIDATED');
    }
    const freshUntil = freshUntilOf(account, fetched, fields, treatment);
    if (freshUntil > now() && generation === cache.generation) {
      cache.put({ ...fetched, url, freshUntil });
    } else cache.delete(url);
    give(response, fetched, kept === undefined ? 'MISS' : 'EXPIRED');
  };
}

function fieldsOf(request: Request, host: string): Fields {
  return {
    'http.host': host,
    'http.cookie': request.headers.cookie ?? '',
    'http.user_agent': request.headers['user-agent'] ?? '',
    'http.request.method': request.method,
    'http.request.uri': request.originalUrl,
    'http.request.uri.path': request.path,
    'http.request.uri.query': request.originalUrl.split('?')[1] ?? '',
    'http.request.headers': request.headersDistinct as Record<string, string[]>,
  };
}

function rulesOf({ rulesets }: Account, phase: string): readonly Rule[] {
  return (rulesets.get(phase) ?? []).filter(({ enabled }) => enabled);
}

/** All rules that match apply, and later ones win: https://developers.cloudflare.com/cache/how-to/cache-rules/order/ */
function treat(rules: readonly Rule[], fields: Fields): Treatment {
  const path = String(fields['http.request.uri.path']);
  let treatment: Treatment = { isEligible: STATIC.test(path) };
  for (const { expression, action_parameters: given = {} } of rules) {
    if (!parseExpression(expression)(fields)) continue;
    const { cache, edge_ttl: ttl } = given as {
      cache?: boolean;
      edge_ttl?: { mode: string; default?: number };
    };
    if (cache !== undefined) {
      treatment = { ...treatment, isEligible: cache, ...(!cache && { edgeSeconds: -1 }) };
    }
    if (ttl !== undefined) {
      const edgeSeconds = ttl.mode === 'override_origin' ? ttl.default : undefined;
      treatment = { ...treatment, edgeSeconds };
    }
  }
  return treatment;
}

type Answer = Pick<Kept, 'status' | 'headers' | 'body'>;

/** Until when an answer may be given out again; 0 for one that may not be kept. */
function freshUntilOf(
  account: Account,
  { status, headers }: Answer,
  fields: Fields,
  { edgeSeconds }: Treatment,
): number {
  if (status !== 200 && status !== 301 && status !== 304 && status !== 404) return 0;
  const { now } = account;
  let control = headers['cache-control'] ?? '';
  const seen = {
    ...fields,
    'http.response.code': status,
    'http.response.headers': Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
  };
  for (const rule of rulesOf(account, 'http_response_cache_settings')) {
    if (rule.action !== 'set_cache_control' || !parseExpression(rule.expression)(seen)) continue;
    const { 's-maxage': age } = (rule.action_parameters ?? {}) as {
      's-maxage'?: { operation: string; value: number };
    };
    if (age?.operation === 'set') {
      control = `${control.replace(/,?\s*s-maxage=\d+/, '')}, s-maxage=${age.value}`;
    }
  }
  if (edgeSeconds !== undefined && edgeSeconds > 0) return now() + edgeSeconds * 1_000;
  if (headers['set-cookie'] !== undefined || /\b(private|no-store|no-cache)\b/.test(control))
    return 0;
  const seconds = /s-maxage=(\d+)/.exec(control)?.[1] ?? /max-age=(\d+)/.exec(control)?.[1];
  return seconds === undefined ? 0 : now() + Number(seconds) * 1_000;
}

async function fetchOrigin(
  { believeSite }: Account,
  request: Request,
  origin: string,
  host: string,
  etag?: string,
): Promise<Answer> {
  const {
    connection: _,
    host: __,
    'accept-encoding': ___,
    'content-length': ____,
    'if-none-match': own,
    ...headers
  } = request.headers;
  const condition = etag ?? own;
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  try {
    await believeSite();
    const response = await fetch(new URL(request.originalUrl, origin), {
      method: request.method,
      redirect: 'manual',
      headers: {
        ...(headers as Record<string, string>),
        'x-forwarded-host': host,
        'x-forwarded-proto': 'https',
        'cf-connecting-ip': request.socket.remoteAddress ?? '',
        ...(condition !== undefined && { 'if-none-match': condition }),
      },
      ...(hasBody && { body: request as unknown as ReadableStream, duplex: 'half' as const }),
      signal: AbortSignal.timeout(ORIGIN_TIMEOUT_MS),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    };
  } catch {
    const body = Buffer.from('Web server is down');
    return { status: 521, headers: { 'content-type': 'text/plain' }, body };
  }
}

function give(response: Response, { status, headers, body }: Answer, cacheStatus: Status): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!HOP_BY_HOP.has(name)) response.setHeader(name, value);
  }
  response.setHeader('cf-cache-status', cacheStatus).setHeader('server', 'cloudflare');
  response.status(status).end(response.req.method === 'HEAD' ? undefined : body);
}
