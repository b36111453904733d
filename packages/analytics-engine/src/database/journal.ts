import { randomUUID } from 'node:crypto';
import { appendFile, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@prosora/service';
import { EngineError } from '../errors.ts';
import type { Connection, Insert } from './connection.ts';

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
  /** Whether a table and its views have all of this insert. */
  has(insert: NamedInsert): boolean;
  /** @throws EngineError `DATABASE_EXHAUSTED` when the disk is full. */
  begin(insert: NamedInsert): Promise<void>;
  /** Every table has it. */
  finish(insert: NamedInsert): Promise<void>;
  /** It was refused, and nothing of it is to be repeated. */
  forget(): Promise<void>;
  /** Repeats the insert that a crash interrupted. */
  repeat(connection: Connection, logger: Logger): Promise<void>;
}

/** File with the names of the inserts that ended, one a line; part of a backup. */
export const ENDED_FILE = 'batches.done';
const OPEN_FILE = 'batch.open';
/** As many as a table remembers blocks. */
const REMEMBERED = 1_000;

/** The insert as it goes into a journal, with a name if it has none. */
export function named(insert: Insert): NamedInsert {
  return { ...insert, deduplicationToken: insert.deduplicationToken ?? randomUUID() };
}

/** Opens the journal of a data directory. Inserts come one at a time. */
export async function openJournal(dataDir: string): Promise<Journal> {
  const [openFile, endedFile] = [join(dataDir, OPEN_FILE), join(dataDir, ENDED_FILE)];
  const text = await readFile(endedFile, 'utf8').catch(() => '');
  const ended = new Set(text.split('\n').filter(Boolean).slice(-REMEMBERED));
  let lines = ended.size;
  await rewrite();

  async function rewrite(): Promise<void> {
    await writeFile(`${endedFile}.new`, [...ended, ''].join('\n'), { mode: 0o600 });
    await rename(`${endedFile}.new`, endedFile);
    lines = ended.size;
  }

  const journal: Journal = {
    has: (insert) => ended.has(lineOf(insert)),
    async begin({ rows, ...head }) {
      try {
        const file = await open(openFile, 'w', 0o600);
        await file.writeFile(`${JSON.stringify({ ...head, bytes: rows.byteLength })}\n`);
        await file.writeFile(rows);
        await file.close();
      } catch (cause) {
        throw new EngineError('DATABASE_EXHAUSTED', 'The batch cannot be written to disk.', {
          cause,
        });
      }
    },
    async finish(insert) {
      ended.add(lineOf(insert));
      for (const oldest of ended) {
        if (ended.size <= REMEMBERED) break;
        ended.delete(oldest);
      }
      lines += 1;
      // The rows are safe whatever happens here: the next start would repeat them under their name.
      if (lines > 3 * REMEMBERED) await rewrite().catch(() => {});
      else await appendFile(endedFile, `${lineOf(insert)}\n`).catch(() => {});
      await rm(openFile, { force: true });
    },
    forget: () => rm(openFile, { force: true }),
    async repeat(connection, logger) {
      const insert = await readOpen(openFile);
      if (!insert) return;
      const batch = { table: insert.table, batch: insert.deduplicationToken };
      try {
        if (!journal.has(insert)) await connection.insert(insert);
        await journal.finish(insert);
        logger.info(batch, 'repeated the batch that was interrupted');
      } catch (error) {
        const isWorthKeeping = error instanceof EngineError && error.status === 503;
        if (!isWorthKeeping) await journal.forget();
        logger.warn({ ...batch, err: error }, 'the batch that was interrupted was refused');
      }
    },
  };
  return journal;
}

/** The insert in the file; undefined when there is none or it was not written whole, so not begun. */
async function readOpen(file: string): Promise<NamedInsert | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  const end = bytes?.indexOf('\n') ?? -1;
  if (!bytes || end < 0) return undefined;
  const { bytes: length, ...head } = JSON.parse(bytes.toString('utf8', 0, end));
  const rows = bytes.subarray(end + 1);
  return rows.byteLength === length ? { ...head, rows } : undefined;
}

function lineOf({ table, deduplicationToken }: NamedInsert): string {
  return `${table} ${deduplicationToken}`;
}
