import { hash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { writeFileAtomically } from './atomic-file.ts';
import { CollectorError } from './errors.ts';
import type { Tinybird } from './tinybird.ts';

/** What is sent where. */
export interface BackfillOptions {
  /** Lines of JSON as `prosora-engine export analytics_events` writes them; `.gz` is unpacked. */
  file: string;
  tinybird: Tinybird;
  /** (Default: 1 MiB) */
  batchBytes?: number;
  /** Hears after each batch how many rows are through. */
  onProgress?: (done: BackfillCounts) => void;
}

/** Rows so far. */
export interface BackfillCounts {
  /** Lines of the file that were dealt with. */
  lines: number;
  accepted: number;
  quarantined: number;
}

const MAX_ATTEMPTS = 20;
const BACKOFF_MS = 500;
const BACKOFF_CAP_MS = 30_000;

/**
 * Sends an export to a data source. How far it came stands beside the file, in `<file>.sent`, so that a
 * run that was broken off goes on there; a batch whose answer was lost may be there twice.
 *
 * @throws CollectorError `BACKFILL_STOPPED` with the line to look at
 */
export async function backfill(
  options: BackfillOptions,
): Promise<BackfillCounts & { acceptedNow: number }> {
  const { file, tinybird, batchBytes = 2 ** 20, onProgress } = options;
  const progressFile = `${file}.sent`;
  const counts = readProgress(progressFile);
  const acceptedBefore = counts.accepted;
  let batch: string[] = [];
  let bytes = 0;
  let line = 0;

  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const ndjson = batch.join('\n');
    // Named by what it is: an engine takes it once, however often it is sent.
    const name = `backfill-${hash('sha256', ndjson)}`;
    const { rows, quarantined } = await send(tinybird, ndjson, name, line);
    counts.lines = line;
    counts.accepted += rows;
    counts.quarantined += quarantined;
    writeFileAtomically(progressFile, JSON.stringify(counts));
    onProgress?.({ ...counts });
    batch = [];
    bytes = 0;
  };

  const source = createReadStream(file);
  const input = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (line <= counts.lines || text.trim() === '') continue;
    const row = eventOf(text, line);
    batch.push(row);
    bytes += row.length;
    if (bytes >= batchBytes) await flush();
  }
  await flush();
  rmSync(progressFile, { force: true });
  return { ...counts, acceptedNow: counts.accepted - acceptedBefore };
}

/**
 * A row of the table as the event it was: the table keeps the payload as text, and the events API wants
 * the object, out of which it takes `site_uuid`.
 */
function eventOf(text: string, line: number): string {
  try {
    const { timestamp, session_id, action, version, payload, site_uuid } = JSON.parse(text);
    const said = typeof payload === 'string' ? JSON.parse(payload) : payload;
    return JSON.stringify({
      timestamp,
      session_id,
      action,
      version,
      payload: { site_uuid, ...said },
    });
  } catch (cause) {
    throw new CollectorError('BACKFILL_STOPPED', `Line ${line} is no row of analytics_events.`, {
      cause,
    });
  }
}

async function send(tinybird: Tinybird, ndjson: string, name: string, line: number) {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tinybird.send(ndjson, name);
    if (outcome.kind === 'accepted') return outcome;
    if (outcome.kind !== 'unavailable' || attempt === MAX_ATTEMPTS) {
      throw new CollectorError(
        'BACKFILL_STOPPED',
        `The batch that ends at line ${line} is not taken: ${outcome.reason}.`,
        { help: 'Start backfill again with the same file: it goes on with this batch.' },
      );
    }
    await delay(
      Math.max(outcome.afterMs ?? 0, Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** attempt)),
    );
  }
}

function readProgress(file: string): BackfillCounts {
  if (!existsSync(file)) return { lines: 0, accepted: 0, quarantined: 0 };
  return JSON.parse(readFileSync(file, 'utf8')) as BackfillCounts;
}
