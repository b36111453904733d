import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type EventsOutcome, isSameSecret, type TinybirdEvents } from '@prosora/service';
import * as z from 'zod';
import { CollectorError } from '../errors.ts';
import { timesOf } from '../project/column-times.ts';

/** The data sources of Ghost's Tinybird project that take what Ghost synchronises, by the type it says. */
const DATASOURCE_OF = {
  automation_runs: 'automation_run_events',
  automation_run_steps: 'automation_run_step_events',
} as const;

const TIMES = timesOf('automation_run_events', 'updated_at');

const syncedRow = z.object({
  type: z.enum(['automation_runs', 'automation_run_steps']),
  site_uuid: z.guid(),
  id: z.string().min(1).max(64),
  updated_at: z.iso.datetime().refine((text) => {
    const ms = Date.parse(text);
    return ms >= TIMES.first && ms <= TIMES.last;
  }),
  payload: z.record(z.string(), z.unknown()),
});

/** A row that the upstream will not take. */
export interface RefusedRow {
  datasource: string;
  /** The name under which it was sent. */
  batch: string;
  /** As for a dead letter. */
  kind: 'refused' | 'halfway';
  reason: string;
  /** Its JSON. */
  row: string;
}

/** What Ghost posts with `tinybird.sync_auth_key` (core/server/services/tinybird-sync). */
export interface SyncOptions {
  /** One, or two while it changes. */
  keys: readonly string[];
  /** Sends to a data source. */
  tinybirdFor: (datasource: string) => TinybirdEvents;
  sites?: readonly string[] | undefined;
  /** Hears of each batch that was taken, and how many rows of it are in quarantine. */
  onTaken: (datasource: string, rows: { accepted: number; quarantined: number }) => void;
  /** Keeps a row that is refused alone; Ghost sends none again. */
  onRefused: (row: RefusedRow) => void;
}

/** Ghost sends up to 9 MiB and 1,000 lines at a time. */
export const MAX_SYNC_BYTES = 10 * 2 ** 20;
/** Of requests that failed half-way; a line takes some 100 bytes. */
const MAX_KNOWN = 20_000;

/**
 * Hands on a batch of automations. Ghost moves its watermark after a 2xx and sends again after all else, so nothing
 * is kept here: the answer waits for the upstream's. Rows go under a name made of themselves, so the engine takes
 * none twice; and what one data source took before the other failed is not sent to it again.
 *
 * @throws CollectorError `KEY_REFUSED`, `REQUEST_INVALID`, `SITE_REFUSED`, `UPSTREAM_UNAVAILABLE`
 */
export function createSync({ keys, tinybirdFor, sites, onTaken, onRefused }: SyncOptions) {
  const targets = Object.entries(DATASOURCE_OF).map(([type, datasource]) => ({
    type,
    datasource,
    client: tinybirdFor(datasource),
  }));
  /** Digests of lines that were taken by requests that failed later. */
  const known = new Set<string>();

  const send = async (target: (typeof targets)[number], lines: readonly string[]) => {
    if (lines.length === 0) return;
    const { client, datasource } = target;
    const batch = `sync-${hash('sha256', lines.join('\n'))}`;
    const outcome = await client.send(lines.join('\n'), batch);
    if (outcome.kind === 'accepted') {
      onTaken(datasource, { accepted: outcome.rows, quarantined: outcome.quarantined });
    } else if (!isOfRows(outcome)) {
      throw new CollectorError('UPSTREAM_UNAVAILABLE', `not taken: ${outcome.reason}`);
    } else if (lines.length > 1) {
      const half = Math.ceil(lines.length / 2);
      await send(target, lines.slice(0, half));
      await send(target, lines.slice(half));
      return;
    } else {
      const [row = ''] = lines;
      onRefused({ datasource, batch, kind: outcome.kind, reason: outcome.reason, row });
    }
    if (known.size > MAX_KNOWN) known.clear();
    for (const line of lines) known.add(digestOf(line));
  };

  return {
    authorize({ headers }: IncomingMessage): void {
      const given = headers.authorization ?? '';
      if (keys.map((key) => isSameSecret(given, `Bearer ${key}`)).includes(true)) return;
      throw new CollectorError('KEY_REFUSED', 'this is not the key of tinybird.sync_auth_key');
    },
    async handOn(ndjson: string): Promise<void> {
      const rows = ndjson.split('\n').filter(Boolean).map(parseLine);
      if (sites && rows.some(({ site_uuid }) => !sites.includes(site_uuid.toLowerCase()))) {
        throw new CollectorError('SITE_REFUSED', 'this site is not counted here');
      }
      const linesOf = (wanted: string) =>
        rows
          .filter(({ type }) => type === wanted)
          .map(({ type: _type, ...row }) => JSON.stringify(row));
      for (const target of targets) {
        const lines = linesOf(target.type).filter((line) => !known.has(digestOf(line)));
        await send(target, lines);
      }
      // Ghost goes on. Should it send these again, somebody wants that.
      for (const { type } of targets) {
        for (const line of linesOf(type)) known.delete(digestOf(line));
      }
    },
  };
}

/** Whether some of the rows may be taken without the others. */
function isOfRows(outcome: EventsOutcome): outcome is EventsOutcome & Pick<RefusedRow, 'kind'> {
  return outcome.kind === 'refused' || (outcome.kind === 'halfway' && outcome.isOfRow);
}

function digestOf(line: string): string {
  return hash('sha256', line, 'base64');
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
