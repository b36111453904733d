import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { DATABASE, DUMP } from '../backup/parts.ts';
import type { Manifest } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import type { Replay } from './choose-moment.ts';
import { putLogs } from './replay-log.ts';

/**
 * Writes a backup's files into a folder, for whoever wants one of them: the dump as `database.sql`, the binary log since it
 * in `database-log`, each other part as a folder with its volumes, where copies of stores and spools stand in `.backup`.
 *
 * @throws ProsoraError as `restic` does; Error of the file system
 */
export async function extractBackup(
  place: Place,
  { parts }: Manifest,
  {
    folder,
    only,
    replay,
  }: { folder: string; only: string | undefined; replay: Replay | undefined },
): Promise<void> {
  for (const { name, snapshot } of parts) {
    if (only !== undefined && only !== name) continue;
    if (name === DATABASE) {
      const started = startRestic(place, ['dump', '--no-lock', snapshot, DUMP]);
      started.stdin.end();
      const file = createWriteStream(join(folder, 'database.sql'), { mode: 0o600 });
      await Promise.all([pipeline(started.stdout, file), assertEnded(started, 'dump')]);
      if (replay) await putLogs(place, replay.snapshots, join(folder, 'database-log'));
      continue;
    }
    const target = join(folder, name);
    await mkdir(target, { recursive: true, mode: 0o700 });
    const words = ['restore', '--no-lock', `${snapshot}:/prosora/${name}`, '--target', '/target'];
    const started = startRestic(place, words, { mounts: [`${target}:/target`] });
    started.stdin.end();
    await Promise.all([text(started.stdout), assertEnded(started, 'restore')]);
  }
}
