import { hash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { TinybirdEvents } from '@prosora/service';
import { CollectorError } from '../errors.ts';
import { writeFileAtomically } from '../spool/atomic-file.ts';

/** What is sent where. */
export interface BackfillOptions {
  /** Lines of JSON as `prosora-engine export analytics_events` writes them; `.gz` is unpacked. */
  file: string;
  tinybird: TinybirdEvents;
  /** How many rows of the file's time are at the other end; `undefined` where that is not to be had. */
  count?: () => Promise<number | undefined>;
  /** (Default: 1 MiB) */
  batchBytes?: number;
  /** Hears after each batch how many rows are through. */
  onProgress?: (done: BackfillCounts) => void;
}

/** Rows so far, in all runs. */
export interface BackfillCounts {
  /** Lines of the file that were dealt with. */
  lines: number;
  accepted: number;
  quarantined: number;
  /** How many rows were at the other end before the first run. */
  before?: number | undefined;
}

/** What is kept of a backfill. */
interface Progress extends BackfillCounts {
  /** Size and time of the file that it is about. */
  of: string;
}

const MAX_ATTEMPTS = 20;
const BACKOFF_MS = 500;
const BACKOFF_CAP_MS = 30_000;

/**
 * Sends an export to a data source. How far it came stands beside the file, in `<file>.sent`, so that a
 * run that was broken off goes on there, and one after the last sends nothing. Whether a batch without an
 * answer is there is asked of `count`; where that is not to be had, it may be there twice.
 *
 * @throws CollectorError `BACKFILL_STOPPED` with the line to look at, or when `<file>.sent` is about another
 * file
 */
export async function backfill(options: BackfillOptions): Promise<BackfillCounts> {
  const { file, tinybird, count = uncounted, batchBytes = 2 ** 20, onProgress } = options;
  const progressFile = `${file}.sent`;
  let mayBeThere = existsSync(progressFile);
  const of = identityOf(file);
  const counts = mayBeThere
    ? readProgress(progressFile, of)
    : { of, lines: 0, accepted: 0, quarantined: 0, before: await count() };
  const keep = (): void => writeFileAtomically(progressFile, JSON.stringify(counts));
  if (counts.before !== undefined) keep();
  let batch: string[] = [];
  let bytes = 0;
  let line = 0;

  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const ndjson = batch.join('\n');
    // Named by what it is: an engine takes it once, however often it is sent.
    const name = `backfill-${hash('sha256', ndjson)}`;
    // Of a batch that is there, rows in quarantine are not; a batch is never there in part.
    const rowsThere = async (): Promise<number> => {
      const now = counts.before === undefined ? undefined : await count().catch(uncounted);
      if (now === undefined) return 0;
      return Math.min(batch.length, now - (counts.before ?? 0) - counts.accepted);
    };
    const { rows, quarantined } = await send({
      attempt: () => tinybird.send(ndjson, name),
      rows: batch.length,
      line,
      rowsThere,
      mayBeThere,
    });
    mayBeThere = false;
    counts.lines = line;
    counts.accepted += rows;
    counts.quarantined += quarantined;
    keep();
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
  return counts;
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

interface Batch {
  attempt: () => ReturnType<TinybirdEvents['send']>;
  rows: number;
  /** Of the file, where it ends. */
  line: number;
  /** How many of its rows are at the other end. */
  rowsThere: () => Promise<number>;
  /** Whether a former run may have sent it. */
  mayBeThere: boolean;
}

async function send({ attempt, rows, line, rowsThere, mayBeThere }: Batch) {
  let isUnsure = mayBeThere;
  for (let failures = 0; ; failures += 1) {
    const there = isUnsure ? await rowsThere() : 0;
    if (there > 0) return { rows: there, quarantined: rows - there };
    const outcome = await attempt();
    if (outcome.kind === 'accepted') return outcome;
    if (outcome.kind !== 'unavailable' || failures === MAX_ATTEMPTS) {
      throw new CollectorError(
        'BACKFILL_STOPPED',
        `The batch that ends at line ${line} is not taken: ${outcome.reason}.`,
        { help: 'Start backfill again with the same file: it goes on with this batch.' },
      );
    }
    isUnsure ||= outcome.mayBeWritten;
    await delay(
      Math.max(outcome.afterMs ?? 0, Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** failures)),
    );
  }
}

const uncounted = async (): Promise<undefined> => undefined;

function identityOf(file: string): string {
  const { size, mtime } = statSync(file);
  return `${size} bytes of ${mtime.toISOString()}`;
}

function readProgress(file: string, of: string): Progress {
  const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress;
  if (progress.of === of) return progress;
  throw new CollectorError('BACKFILL_STOPPED', `${file} is about another export of that name.`, {
    help: 'Delete it to send this one.',
  });
}
