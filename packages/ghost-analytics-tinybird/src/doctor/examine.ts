import { CollectorError } from '../errors.ts';
import type { CollectorOptions } from '../options.ts';
import { laneDirsIn, takeLane } from '../spool/data-dir.ts';
import { adviceOn, clockDoubtIn } from '../visitor/clock.ts';
import { type Finding, walkSitePath } from './site-path.ts';

/**
 * Looks at everything the collector needs, one finding each, then at the way from a page of the site to
 * its charts.
 */
export async function* examine(
  options: CollectorOptions,
  fetch = globalThis.fetch,
): AsyncGenerator<Finding> {
  yield examineDataDir(options.dataDir);
  yield await examineClock(options.dataDir);
  yield await examineUpstream(options, fetch);
  const { siteUrl, adminToken, staffToken } = options;
  if (siteUrl) yield* walkSitePath({ siteUrl, adminToken, staffToken, fetch });
  else yield { ok: true, text: 'The site was not looked at: set PROSORA_COLLECTOR_SITE_URL' };
}

function examineDataDir(dir: string): Finding {
  try {
    const isFree = isFreeLane(dir) && laneDirsIn(dir).every(isFreeLane);
    return {
      ok: true,
      text: isFree
        ? `The folder ${dir} can be written; no collector runs with it`
        : `A collector runs with ${dir}`,
    };
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    const { message, help } = error;
    return { ok: false, text: [message, help].filter(Boolean).join(' ') };
  }
}

async function examineClock(dir: string): Promise<Finding> {
  try {
    const doubt = await clockDoubtIn(dir);
    if (doubt) return { ok: false, text: adviceOn(doubt) };
    return { ok: true, text: 'The clock has not jumped since a collector looked at it' };
  } catch (error) {
    const { message } = error as Error;
    return { ok: false, text: `What collectors know of the clock cannot be read (${message})` };
  }
}

function isFreeLane(dir: string): boolean {
  using lane = takeLane(dir);
  return lane !== undefined;
}

/** Events without a row: refused as such by whoever knows the token and the data source. */
async function examineUpstream(options: CollectorOptions, ask: typeof fetch): Promise<Finding> {
  const { upstreamUrl: url, datasource, trackerToken } = options;
  try {
    const answer = await ask(`${url}/v0/events?name=${datasource}&wait=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${trackerToken}` },
      body: '\n',
      redirect: 'manual',
      signal: AbortSignal.timeout(options.upstreamTimeoutMs),
    });
    return findingOf(answer.status, url, datasource);
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    return { ok: false, text: `${url} does not answer (${why}): check TINYBIRD_HOST` };
  }
}

function findingOf(status: number, url: string, datasource: string): Finding {
  if (status < 300 || status === 400 || status === 429) {
    return { ok: true, text: `${url} takes events for ${datasource} with this token` };
  }
  if (status === 401 || status === 403) {
    return {
      ok: false,
      text: `${url} refuses the token for ${datasource}: check TINYBIRD_TRACKER_TOKEN`,
    };
  }
  const what = status === 404 ? `has no data source ${datasource}` : `answers ${status}`;
  return { ok: false, text: `${url} ${what}: check TINYBIRD_HOST` };
}
