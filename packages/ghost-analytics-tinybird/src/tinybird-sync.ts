import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { CollectorError } from './errors.ts';
import type { Tinybird } from './tinybird.ts';

/** The data sources of Ghost's Tinybird project that take what Ghost synchronises, by the type it says. */
const DATASOURCE_OF = {
  automation_runs: 'automation_run_events',
  automation_run_steps: 'automation_run_step_events',
} as const;

const syncedRow = z.object({
  type: z.enum(['automation_runs', 'automation_run_steps']),
  site_uuid: z.guid(),
  id: z.string().min(1).max(64),
  updated_at: z.iso.datetime(),
  payload: z.record(z.string(), z.unknown()),
});

/** What Ghost posts with `tinybird.sync_auth_key` (core/server/services/tinybird-sync). */
export interface SyncOptions {
  key: string;
  /** Sends to a data source. */
  tinybirdFor: (datasource: string) => Tinybird;
  sites?: readonly string[] | undefined;
  /** Hears of each batch that was taken, and how many rows of it are in quarantine. */
  onTaken: (datasource: string, rows: { accepted: number; quarantined: number }) => void;
}

/** Ghost sends up to 9 MiB and 1,000 lines at a time. */
export const MAX_SYNC_BYTES = 10 * 2 ** 20;

/**
 * Hands on a batch of automations. Ghost moves its watermark after a 2xx and sends again after all else,
 * so nothing is kept here: the answer waits for the upstream's.
 *
 * @throws CollectorError `KEY_REFUSED`, `REQUEST_INVALID`, `SITE_REFUSED`, `UPSTREAM_UNAVAILABLE`
 */
export function createSync({ key, tinybirdFor, sites, onTaken }: SyncOptions) {
  const targets = Object.entries(DATASOURCE_OF).map(([type, datasource]) => ({
    type,
    datasource,
    client: tinybirdFor(datasource),
  }));
  const wanted = Buffer.from(`Bearer ${key}`);

  return {
    authorize({ headers }: IncomingMessage): void {
      const given = Buffer.from(headers.authorization ?? '');
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
      throw new CollectorError('KEY_REFUSED', 'this is not the key of tinybird.sync_auth_key');
    },
    async handOn(ndjson: string): Promise<void> {
      const rows = ndjson.split('\n').filter(Boolean).map(parseLine);
      if (sites && rows.some(({ site_uuid }) => !sites.includes(site_uuid.toLowerCase()))) {
        throw new CollectorError('SITE_REFUSED', 'this site is not counted here');
      }
      for (const { type, datasource, client } of targets) {
        const lines = rows
          .filter((row) => row.type === type)
          .map(({ type: _type, ...row }) => JSON.stringify(row));
        if (lines.length === 0) continue;
        const outcome = await client.send(lines.join('\n'));
        if (outcome.kind !== 'accepted') {
          throw new CollectorError('UPSTREAM_UNAVAILABLE', `not taken: ${outcome.reason}`);
        }
        onTaken(datasource, { accepted: outcome.rows, quarantined: outcome.quarantined });
      }
    },
  };
}

function parseLine(line: string, index: number): z.output<typeof syncedRow> {
  try {
    return syncedRow.parse(JSON.parse(line));
  } catch (cause) {
    throw new CollectorError('REQUEST_INVALID', `line ${index + 1} is none of Ghost's sync`, {
      cause,
    });
  }
}
