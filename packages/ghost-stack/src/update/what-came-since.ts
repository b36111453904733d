import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../repository/place.ts';
import { ask, nameOf } from '../restore/ask-database.ts';
import { updateFolder } from './images.ts';

/** What people make themselves. What services have told Ghost is theirs, and told again. */
const TABLES = {
  members: ['id', 'email', 'name', 'note', 'status', 'created_at', 'updated_at'],
  posts: ['id', 'slug', 'title', 'status', 'type', 'lexical', 'created_at', 'updated_at'],
  comments: ['id', 'post_id', 'member_id', 'html', 'created_at', 'updated_at'],
} as const;

/** Rows that were written after a moment, by table. */
type Since = Record<string, Record<string, string | null>[]>;

/**
 * Writes what was written to the database since a moment into a file, before an earlier database takes its place.
 *
 * @returns the file and how many rows of each table; undefined where there is nothing
 */
export async function keepWhatCameSince(
  place: Place,
  moment: Date,
  number: number,
): Promise<{ file: string; counts: Record<string, number> } | undefined> {
  const since: Since = {};
  const time = moment.toISOString().slice(0, 19).replace('T', ' ');
  for (const [table, columns] of Object.entries(TABLES)) {
    const pairs = columns.map((name) => `'${name}', \`${name}\``).join(', ');
    const rows = await ask(
      place,
      `SELECT TO_BASE64(JSON_OBJECT(${pairs})) FROM \`${nameOf(place)}\`.${table} WHERE GREATEST(created_at, IFNULL(updated_at, created_at)) >= '${time}';`,
    );
    since[table] = rows.map((row) =>
      JSON.parse(Buffer.from(row.replaceAll('\\n', ''), 'base64').toString()),
    );
  }
  const counts = Object.entries(since).map(([table, rows]) => [table, rows.length] as const);
  if (counts.every(([, count]) => count === 0)) return undefined;
  const file = join(updateFolder(place.dir), `since-update-${number}.json`);
  writeFileSync(file, `${JSON.stringify(since, null, 2)}\n`, { mode: 0o600, flush: true });
  return { file, counts: Object.fromEntries(counts) };
}
