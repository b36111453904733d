import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

/** Rows that the upstream will not take. */
export const deadLetterSchema = z.object({
  at: z.iso.datetime().describe('When it was given up'),
  batch: z.string().describe('The range it came from, `segment:from-to`'),
  kind: z
    .enum(['refused', 'halfway', 'quarantined'])
    .describe(
      '`refused`: the upstream has none of it. `halfway`, `quarantined`: it has the rows, or most of them, and to send them again doubles these; it may have them where a restore put them back',
    ),
  datasource: z.string().optional().describe('Where the rows were sent, when not to page hits'),
  reason: z.string().describe('What the upstream said'),
  rows: z.array(z.unknown()).describe('The rows as they were sent'),
});

/** Rows that the upstream will not take. */
export type DeadLetter = z.output<typeof deadLetterSchema>;

/** How long one process waits for another that writes. */
const BUSY_MS = 5_000;

/** Keeps a letter; it is on disk when this returns. After a crash it may come again, and is there once. */
export function writeDeadLetter(file: string, letter: DeadLetter): void {
  writeDeadLetters(file, [letter]);
}

/** Keeps letters, all or none. */
export function writeDeadLetters(file: string, letters: Iterable<DeadLetter>): void {
  using store = open(file);
  const insert = store.prepare(
    `INSERT INTO dead_letter (at, batch, kind, datasource, reason, rows)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (batch) DO UPDATE SET
      at = excluded.at, kind = excluded.kind, reason = excluded.reason, rows = excluded.rows`,
  );
  store.exec('BEGIN IMMEDIATE');
  // What fails on the way ends with the store, uncommitted.
  for (const { at, batch, kind, datasource, reason, rows } of letters) {
    insert.run(at, batch, kind, datasource ?? null, reason, JSON.stringify(rows));
  }
  store.exec('COMMIT');
}

/** The letters of a file after a number, in the order in which they were given up, read one by one. */
export function* readDeadLetters(
  file: string,
  after = 0,
): Generator<{ number: number; letter: DeadLetter }> {
  if (!existsSync(file)) return;
  using store = open(file);
  const next = store.prepare('SELECT * FROM dead_letter WHERE number > ? ORDER BY number LIMIT 1');
  for (let row = next.get(after); row; row = next.get(Number(row['number']))) {
    yield { number: Number(row['number']), letter: letterOf(row) };
  }
}

/** The letter of a batch. */
export function findDeadLetter(file: string, batch: string): DeadLetter | undefined {
  if (!existsSync(file)) return undefined;
  using store = open(file);
  const row = store.prepare('SELECT * FROM dead_letter WHERE batch = ?').get(batch);
  return row && letterOf(row);
}

/** Gives up a letter that was sent after all. */
export function removeDeadLetter(file: string, { batch }: DeadLetter): void {
  using store = open(file);
  store.prepare('DELETE FROM dead_letter WHERE batch = ?').run(batch);
}

/**
 * Opened for each use: letters are rare, and so the folder holds one whole file. The collector of the lane and a verb
 * beside it may both write. A number is never given twice, so that a page goes on where the last one ended.
 */
function open(file: string): DatabaseSync {
  const store = new DatabaseSync(file, { timeout: BUSY_MS });
  store.exec(`PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS dead_letter (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL,
      batch TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      datasource TEXT,
      reason TEXT NOT NULL,
      rows TEXT NOT NULL
    ) STRICT`);
  return store;
}

function letterOf(row: Record<string, unknown>): DeadLetter {
  const { number: _, datasource, rows, ...rest } = row;
  return deadLetterSchema.parse({
    ...rest,
    datasource: datasource ?? undefined,
    rows: JSON.parse(String(rows)),
  });
}
