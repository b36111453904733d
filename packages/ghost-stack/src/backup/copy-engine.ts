import * as z from 'zod';
import type { TakenPart } from '../repository/manifest.ts';
import type { Place } from '../repository/place.ts';
import { compose } from '../stack/compose.ts';
import { ENGINE, placeOf } from './parts.ts';

/** What the engine says of a copy that it made. */
const engineBackup = z.object({ name: z.string(), rows: z.record(z.string(), z.number()) });

/**
 * Has the engine make a copy, which alone is whole: its files are written all the time.
 *
 * @returns the patterns that leave all else out of a snapshot as well
 */
export async function copyEngine(
  place: Place,
): Promise<Pick<TakenPart, 'rows' | 'engineBackup'> & { leftOut: string[] }> {
  const words = ['exec', '-T', ENGINE.name, 'prosora-engine', 'backup', '--json'];
  const { name, rows } = engineBackup.parse(JSON.parse(await compose(place.dir, words)));
  const base = `${placeOf(ENGINE.name, 'engine_data')}/backups`;
  return { rows, engineBackup: name, leftOut: [`${base}/*`, `!${base}/${name}`] };
}
