import { isDeepStrictEqual } from 'node:util';
import { type Finding, fail, ok, warn } from '@prosora/service';
import * as z from 'zod';
import { copyStores } from '../backup/keep-volumes.ts';
import { DATABASE, ENGINE, VOLUME_PARTS, type VolumePart } from '../backup/parts.ts';
import { type Manifest, type TakenPart, takenIn } from '../repository/manifest.ts';
import { composeOf, type Place } from '../repository/place.ts';
import { ask } from '../restore/ask-database.ts';
import type { Replay } from '../restore/choose-moment.ts';
import { loadDatabase } from '../restore/load-database.ts';
import { putVolumes } from '../restore/put-volumes.ts';
import { replayLog } from '../restore/replay-log.ts';
import { restoreEngine } from '../restore/restore-site.ts';
import { throwAway } from './closed-project.ts';
import { freeMemory } from './memory.ts';
import { startGhost } from './start-ghost.ts';

/** What the largest of its steps takes: Ghost, on its database. */
const MEMORY_MB = 600;

/**
 * Restores a backup into a project of its own and compares what is then there with what was noted: first the database
 * and the Ghost on it, then the stores of the inbox and the bridge, then the engine, one after the other, so that a
 * small server has the memory; where even that is short, the database alone. What was written since is repeated once the
 * rows are compared. Whatever comes of it, the project is gone afterwards.
 *
 * @returns by its findings: less than all was shown where one of them is no `ok`
 */
export async function* runDrill(
  place: Place,
  manifest: Manifest,
  replay: Replay | undefined,
): AsyncGenerator<Finding> {
  const partOf = (wanted: string): TakenPart => takenIn(manifest, wanted);
  // What a drill left that was killed.
  await throwAway(place);
  const free = await freeMemory(place);
  const isShort = free < MEMORY_MB;
  if (isShort) yield shortOf(free);
  const beyond = isShort ? [] : ['ghost', ENGINE.name];
  try {
    await composeOf(place, ['up', '--no-start', '--no-deps', 'setup', 'db', ...beyond]);
    await composeOf(place, ['up', '--detach', '--wait', 'db']);
    await loadDatabase(place, partOf(DATABASE));
    yield await sameRows(DATABASE, await databaseRows(place), partOf(DATABASE));
    if (replay) {
      await replayLog(place, replay, partOf(DATABASE).binlog?.position ?? 0, 'ghost');
      yield ok('minutes', `What was written until ${replay.moment.toISOString()} can be repeated.`);
    }
    if (isShort) return;
    yield* await boot(place);
    await composeOf(place, ['stop', 'ghost', 'db']);
    for (const part of VOLUME_PARTS) {
      if (part.storesOf) yield await restoreStores(place, part, partOf(part.name));
    }
    const charts = manifest.parts.find(({ name }) => name === ENGINE.name);
    if (charts) yield await restoreCharts(place, charts);
  } finally {
    await throwAway(place);
  }
}

const shortOf = (freeMb: number): Finding =>
  warn(
    'memory',
    `${freeMb} MB are free and all of it takes ${MEMORY_MB} MB, so the database alone is restored.`,
    'On another machine all is: `prosora drill --on ssh://USER@HOST`.',
  );

/** Every table is counted, not estimated. */
async function databaseRows(place: Place): Promise<Record<string, number>> {
  const tables = await ask(
    place,
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'ghost' AND table_type = 'BASE TABLE'",
  );
  const counts = tables.map((name) => `SELECT '${name}', COUNT(*) FROM ghost.\`${name}\`;`);
  const rows = (await ask(place, counts.join('\n'))).map((line) => line.split('\t'));
  return Object.fromEntries(rows.map(([table = '', count]) => [table, Number(count)]));
}

function sameRows(name: string, found: Record<string, number>, { rows }: TakenPart): Finding {
  const sum = Object.values(found).reduce((all, count) => all + count, 0);
  if (isDeepStrictEqual(found, rows)) return ok(name, `It has all of its ${sum} rows.`);
  const tables = new Set([...Object.keys(found), ...Object.keys(rows)]);
  const wrong = [...tables].filter((table) => found[table] !== rows[table]);
  const told = wrong.map(
    (table) => `${table} has ${found[table] ?? 'none'} of ${rows[table] ?? 'none'}`,
  );
  return fail(name, `Rows differ: ${told.join(', ')}.`);
}

/** Starts Ghost on what was restored and reads the newest post as a visitor would. */
async function boot(place: Place): Promise<Finding[]> {
  const newest =
    "FROM posts WHERE status = 'published' AND type = 'post' AND visibility = 'public'";
  const [row] = await ask(
    place,
    `SELECT slug, TO_BASE64(title) ${newest} ORDER BY published_at DESC LIMIT 1;`.replace(
      'FROM posts',
      'FROM ghost.posts',
    ),
  );
  await startGhost(place);
  const findings = [ok('ghost', 'It starts on the restored database.')];
  const [slug, encoded = ''] = row?.split('\t') ?? [];
  if (slug === undefined) return findings;
  const title = Buffer.from(encoded.replaceAll('\\n', ''), 'base64').toString();
  const page = await composeOf(place, [
    ...['exec', '-T', 'ghost', 'wget', '-qO-', '--header', 'X-Forwarded-Proto: https'],
    `http://127.0.0.1:2368/${slug}/`,
  ]);
  const hasTitle = page.includes(escaped(title));
  findings.push(
    hasTitle
      ? ok('newest post', 'Its page is there.')
      : fail('newest post', `The page of /${slug}/ lacks its title.`),
  );
  return findings;
}

/** As Ghost's templates write a text: https://handlebarsjs.com/guide/expressions.html#html-escaping */
const escaped = (text: string): string =>
  text.replaceAll(
    /[&<>"'`=]/g,
    (letter) =>
      ({
        '&': '&amp;',
        '<': '&lt;',
        '>': '&gt;',
        '"': '&quot;',
        "'": '&#x27;',
        '`': '&#x60;',
        '=': '&#x3D;',
      })[letter] ?? letter,
  );

async function restoreStores(place: Place, part: VolumePart, taken: TakenPart): Promise<Finding> {
  await putVolumes(place, part, taken.snapshot);
  const { rows } = await copyStores(place, part);
  return sameRows(part.name, rows, taken);
}

const engineStatus = z.object({ lines: z.array(z.string()) });

async function restoreCharts(place: Place, taken: TakenPart): Promise<Finding> {
  await putVolumes(place, ENGINE, taken.snapshot);
  await restoreEngine(place, taken.engineBackup ?? '');
  await composeOf(place, ['up', '--detach', '--wait', '--no-deps', ENGINE.name]);
  const printed = await composeOf(place, [
    'exec',
    '-T',
    ENGINE.name,
    'prosora-engine',
    'status',
    '--json',
  ]);
  const { lines } = engineStatus.parse(JSON.parse(printed));
  const rows = lines.flatMap((line): [string, number][] => {
    const [, table, count] = /^prosora_table_rows\{table="(.+)"\} (\d+)$/.exec(line) ?? [];
    return table ? [[table, Number(count)]] : [];
  });
  return sameRows('charts', Object.fromEntries(rows), taken);
}
