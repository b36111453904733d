import { type Finding, fail, failureCodeOf, ok, warn } from '@prosora/service';
import type { CollectorError } from '../errors.ts';
import type { CollectorOptions } from '../options.ts';
import { laneDirsIn, takeLane } from '../spool/data-dir.ts';
import { adviceOn, clockDoubtIn } from '../visitor/clock.ts';
import { walkSitePath } from './site-path.ts';

/** The options that say where to look. */
export type DoctorOptions = Pick<
  CollectorOptions,
  | 'dataDir'
  | 'upstreamUrl'
  | 'trackerToken'
  | 'datasource'
  | 'upstreamTimeoutMs'
  | 'siteUrl'
  | 'adminToken'
  | 'staffToken'
>;

/**
 * Looks at everything the collector needs, one finding each, then at the way from a page of the site to
 * its charts.
 */
export async function* examine(
  options: DoctorOptions,
  fetch = globalThis.fetch,
): AsyncGenerator<Finding> {
  yield examineDataDir(options.dataDir);
  yield await examineClock(options.dataDir);
  yield await examineUpstream(options, fetch);
  const { siteUrl, adminToken, staffToken } = options;
  if (siteUrl) yield* walkSitePath({ siteUrl, adminToken, staffToken, fetch });
  else yield warn('site', 'It was not looked at.', 'Set PROSORA_COLLECTOR_SITE_URL.');
}

function examineDataDir(dir: string): Finding {
  try {
    const isFree = isFreeLane(dir) && laneDirsIn(dir).every(isFreeLane);
    return ok(
      'folder',
      isFree
        ? `${dir} can be written; no collector runs with it.`
        : `A collector runs with ${dir}.`,
    );
  } catch (error) {
    const { code, message, help } = error as CollectorError;
    if (code !== 'DATA_DIR_UNUSABLE') throw error;
    return fail('folder', message, help);
  }
}

async function examineClock(dir: string): Promise<Finding> {
  try {
    const doubt = await clockDoubtIn(dir);
    if (doubt) return fail('clock', ...adviceOn(doubt));
    return ok('clock', 'It has not jumped since a collector looked at it.');
  } catch (error) {
    return fail(
      'clock',
      `What collectors know of it cannot be read (${(error as Error).message}).`,
      'Check who owns the files clock.json in PROSORA_COLLECTOR_DATA_DIR.',
    );
  }
}

function isFreeLane(dir: string): boolean {
  using lane = takeLane(dir);
  return lane !== undefined;
}

/** Events without a row: refused as such by whoever knows the token and the data source. */
async function examineUpstream(options: DoctorOptions, ask: typeof fetch): Promise<Finding> {
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
    const why = failureCodeOf(error);
    return fail('upstream', `${url} does not answer (${why}).`, 'Check TINYBIRD_HOST.');
  }
}

function findingOf(status: number, url: string, datasource: string): Finding {
  if (status < 300 || status === 400 || status === 429) {
    return ok('upstream', `${url} takes events for ${datasource} with this token.`);
  }
  if (status === 401 || status === 403) {
    return fail(
      'upstream',
      `${url} refuses the token for ${datasource}.`,
      'Check TINYBIRD_TRACKER_TOKEN.',
    );
  }
  const what = status === 404 ? `has no data source ${datasource}` : `answers ${status}`;
  return fail('upstream', `${url} ${what}.`, 'Check TINYBIRD_HOST.');
}
