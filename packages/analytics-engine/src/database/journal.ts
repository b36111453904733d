import { randomUUID } from 'node:crypto';
import {
  appendFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@prosora/service';
import { EngineError } from '../errors.ts';
import type { Connection, Insert } from './connection.ts';
import { lineOf, rememberEnded } from './ended-names.ts';

/** An insert with the name under which it counts once. */
export type NamedInsert = Insert & { deduplicationToken: string };

/**
 * Remembers the insert that is under way and the names of the last that ended.
 *
 * ClickHouse writes a table and then the views over it, so a crash in between leaves them apart; the
 * insert is repeated before anything else and mends that. And its own memory of names ends with a table:
 * one that an upgrade or a restore put in place would take a batch again that its rows came with.
 */
export interface Journal {
  /** Whether a table and its views have all of this insert, be it as a part of a larger one. */
  has(insert: NamedInsert): boolean;
  /**
   * @throws EngineError `DATABASE_EXHAUSTED` when the disk is full, `BATCH_SET_ASIDE` for one that is
   * {@link setAside}.
   */
  begin(insert: NamedInsert): Promise<void>;
  /** Every table has it. */
  finish(insert: NamedInsert): Promise<void>;
  /** It was refused, and nothing of it is to be repeated. */
  forget(): Promise<void>;
  /**
   * Repeats the insert that a crash interrupted, or sets it aside when it was under way at
   * {@link MOST_ATTEMPTS} crashes in a row: it may be what ends the database.
   *
   * @throws EngineError `DATABASE_UNAVAILABLE` when the database ended meanwhile.
   */
  repeat(connection: Connection, logger: Logger): Promise<void>;
  /** Inserts that lie in {@link ASIDE_FOLDER}. */
  readonly setAside: number;
}

/** File with the names of the inserts that ended, one a line; part of a backup. */
export const ENDED_FILE = 'batches.done';
const OPEN_FILE = 'batch.open';
/** Folder with the inserts that were given up: a line of JSON about each, then its rows. */
export const ASIDE_FOLDER = 'batches.aside';
const MOST_ATTEMPTS = 3;
/**
 * Of all senders together: more than a day of one that sends each second. It is the names that count here;
 * a table's own memory of blocks is only for batches that were left half done.
 */
const REMEMBERED = 100_000;

/** An insert in the journal with how often it was begun. */
type OpenInsert = NamedInsert & { attempts: number };

/** The insert as it goes into a journal, with a name if it has none. */
export function named(insert: Insert): NamedInsert {
  return { ...insert, deduplicationToken: insert.deduplicationToken ?? randomUUID() };
}

/** Opens the journal of a data directory. Inserts come one at a time. */
export async function openJournal(dataDir: string): Promise<Journal> {
  const [openFile, endedFile] = [join(dataDir, OPEN_FILE), join(dataDir, ENDED_FILE)];
  const asideFolder = join(dataDir, ASIDE_FOLDER);
  const text = await readFile(endedFile, 'utf8').catch(() => '');
  const ended = rememberEnded(text.split('\n').filter(Boolean), REMEMBERED);
  const refused = new Set<string>();
  let setAside = (await readdir(asideFolder).catch(() => [])).length;
  let lines = 0;
  await rewrite();

  async function rewrite(): Promise<void> {
    const kept = ended.lines();
    await writeFile(`${endedFile}.new`, [...kept, ''].join('\n'), { mode: 0o600 });
    await rename(`${endedFile}.new`, endedFile);
    lines = kept.length;
  }

  async function note({ rows, ...head }: OpenInsert): Promise<void> {
    await using file = await open(`${openFile}.new`, 'w', 0o600);
    await file.writeFile(`${JSON.stringify({ ...head, bytes: rows.byteLength })}\n`);
    await file.writeFile(rows);
    await rename(`${openFile}.new`, openFile);
  }

  async function giveUp(insert: NamedInsert): Promise<string> {
    await mkdir(asideFolder, { recursive: true, mode: 0o700 });
    const place = join(asideFolder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.ndjson`);
    await rename(openFile, place);
    refused.add(nameOf(insert));
    setAside += 1;
    return place;
  }

  const journal: Journal = {
    get setAside() {
      return setAside;
    },
    has: ({ table, deduplicationToken }) => ended.has(table, deduplicationToken),
    async begin(insert) {
      if (refused.has(nameOf(insert))) {
        throw new EngineError('BATCH_SET_ASIDE', 'The database ended each time at this batch.');
      }
      try {
        await note({ ...insert, attempts: 1 });
      } catch (cause) {
        throw new EngineError('DATABASE_EXHAUSTED', 'The batch cannot be written to disk.', {
          cause,
        });
      }
    },
    async finish(insert) {
      ended.add(insert.table, insert.deduplicationToken);
      lines += 1;
      // The rows are safe whatever happens here: the next start would repeat them under their name.
      if (lines > 2 * REMEMBERED) await rewrite().catch(() => {});
      else await appendFile(endedFile, `${nameOf(insert)}\n`).catch(() => {});
      await rm(openFile, { force: true });
    },
    forget: () => rm(openFile, { force: true }),
    async repeat(connection, logger) {
      const insert = await readOpen(openFile);
      if (!insert) return;
      const { table, deduplicationToken: batch, attempts } = insert;
      if (attempts >= MOST_ATTEMPTS) {
        const place = await giveUp(insert);
        logger.error(
          { event: 'batch.set-aside', table, batch, attempts, place },
          'set a batch aside that ends the database',
        );
        return;
      }
      try {
        // On a full disk an attempt that is not counted is better than a batch that is lost.
        await note({ ...insert, attempts: attempts + 1 }).catch(() => {});
        if (!journal.has(insert)) await connection.insert(insert);
        await journal.finish(insert);
        logger.info(
          { event: 'batch.repeated', table, batch },
          'repeated the batch that was interrupted',
        );
      } catch (error) {
        logger.warn(
          { event: 'batch.refused', table, batch, err: error },
          'the batch that was interrupted was refused',
        );
        if (!(error instanceof EngineError)) throw error;
        if (error.code === 'DATABASE_UNAVAILABLE') throw error;
        if (error.status !== 503) return await journal.forget();
        // A full disk or a lack of memory is no fault of the batch.
        await note(insert).catch(() => {});
      }
    },
  };
  return journal;
}

/** The insert in the file; undefined when there is none or it was not written whole, so not begun. */
async function readOpen(file: string): Promise<OpenInsert | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  const end = bytes?.indexOf('\n') ?? -1;
  if (!bytes || end < 0) return undefined;
  try {
    const { bytes: length, ...head } = JSON.parse(bytes.toString('utf8', 0, end));
    const rows = bytes.subarray(end + 1);
    return rows.byteLength === length ? { attempts: 1, ...head, rows } : undefined;
  } catch {
    return undefined;
  }
}

function nameOf({ table, deduplicationToken }: NamedInsert): string {
  return lineOf(table, deduplicationToken);
}
