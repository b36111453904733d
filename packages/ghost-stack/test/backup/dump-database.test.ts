import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dumpDatabase } from '../../src/backup/dump-database.ts';
import { placeIn } from '../fixtures/place.ts';

const SLOW = `sleep 0.5; cat > /dev/null; echo '{"snapshot_id":"4f1a"}'`;

/** In the place of `docker`: a mysqldump that is done at once, and a restic that takes its time. */
function startDocker(dump: string, restic = SLOW): void {
  const dir = mkdtempSync(join(tmpdir(), 'prosora-dump-'));
  writeFileSync(join(dir, 'dump'), dump);
  const program = `#!/bin/sh
case "$*" in
  *mysqldump*) cat "${dir}/dump" ;;
  *) ${restic} ;;
esac
`;
  writeFileSync(join(dir, 'docker'), program, { mode: 0o755 });
  vi.stubEnv('PATH', `${dir}:${process.env['PATH']}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true });
  });
}

const place = { ...placeIn('/'), databaseElsewhere: undefined };
/** More than the reader gives on at once, and less than it takes before restic does. */
const ROWS = 31_000;
const rows = "INSERT INTO `posts` VALUES ('a text of some length');\n".repeat(ROWS);

test('a dump that is done before restic has taken all of it is whole', async () => {
  startDocker(`${rows}-- Dump completed on 2026-11-30 18:38:46\n`);
  expect(await dumpDatabase(place, [])).toMatchObject({
    rows: { posts: ROWS },
    snapshot: '4f1a',
  });
});

test('one that was cut short is not, however slow restic is', async () => {
  startDocker(rows);
  await expect(dumpDatabase(place, [])).rejects.toMatchObject({ code: 'DUMP_INCOMPLETE' });
});

test.each([
  ['before the dump', 3, 'exit 10'],
  ['amid the dump', 3, 'sleep 0.5; exit 10'],
  ['behind a dump of which it has not taken all', 1, 'sleep 0.5; exit 10'],
  ['behind a small one', 0, 'sleep 0.5; exit 10'],
])('where restic ends %s, its reason is told', async (_when, times, restic) => {
  startDocker(`${rows.repeat(times)}-- Dump completed on 2026-11-30 18:38:46\n`, restic);
  await expect(dumpDatabase(place, [])).rejects.toMatchObject({ code: 'BACKUP_MISSING' });
});
