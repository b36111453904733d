import { DATABASE, partOf } from '../backup/parts.ts';
import { throwAway } from '../drill/closed-project.ts';
import { assertMemory } from '../drill/memory.ts';
import { startGhost } from '../drill/start-ghost.ts';
import { type Manifest, takenIn } from '../repository/manifest.ts';
import { takeRepository } from '../repository/open-repository.ts';
import { composeOf, type Place } from '../repository/place.ts';
import type { Replay } from '../restore/choose-moment.ts';
import { holdDuePosts } from '../restore/hold-due-posts.ts';
import { loadDatabase } from '../restore/load-database.ts';
import { putVolumes } from '../restore/put-volumes.ts';
import { docker } from '../stack/compose.ts';
import { blankKeys } from './blank-keys.ts';
import { forgetStaging, noteStaging, readStaging } from './staging-notes.ts';
import { FORWARDER, trialImageOf, type Wanted } from './staging-project.ts';

/** MySQL, Ghost and what leads to it, with some room for the changes of a newer version. */
const MEMORY_MB = 700;
const CONTENT = 'content';

/** What is restored into a closed project, and as of when. */
export interface Restored {
  manifest: Manifest;
  replay: Replay | undefined;
}

/**
 * Restores a backup into a project of its own and keeps Ghost up on it. The caller has staging for itself. Where it fails
 * all of it is gone again.
 *
 * @param place the closed project
 * @throws ProsoraError `MEMORY_SHORT`, `NOT_HEALTHY` with what Ghost said last, and what a restore throws
 */
export async function bringUpStaging(
  place: Place,
  { manifest, replay }: Restored,
  wanted: Wanted,
  tell: (line: string) => void,
): Promise<void> {
  const { dir } = place;
  const notes = { ...wanted, run: manifest.run, since: new Date().toISOString() };
  if (readStaging(dir)) tell('What a run that was cut off left of staging goes first.');
  await throwAway(place);
  forgetStaging(dir);
  await assertMemory(place, MEMORY_MB, 'Staging');
  noteStaging(dir, { ...notes, state: 'coming' });
  try {
    if (wanted.ghost) {
      tell(`Ghost is built on ${wanted.ghost}.`);
      await composeOf(place, ['build', '--quiet', 'ghost']);
    }
    // First what may be refused at once: its port may be taken.
    await composeOf(place, ['up', '--detach', '--no-deps', FORWARDER]);
    await composeOf(place, ['up', '--no-start', '--no-deps', 'setup', 'db', 'ghost']);
    await restoreInto(place, { manifest, replay }, tell);
    await startGhost(place);
    noteStaging(dir, { ...notes, state: 'up' });
  } catch (error) {
    await takeDownStaging(place);
    throw error;
  }
}

async function restoreInto(
  place: Place,
  { manifest, replay }: Restored,
  tell: (line: string) => void,
): Promise<void> {
  await composeOf(place, ['up', '--detach', '--wait', 'db']);
  using _turn = await takeRepository(place);
  await loadDatabase(place, takenIn(manifest, DATABASE), replay);
  await blankKeys(place);
  // Else they would be published at once, and look as if they were out.
  const held = await holdDuePosts(place);
  tell(`${DATABASE} is in its place.`);
  if (held.length > 0) tell(`Drafts there, since their time has come: ${held.join(', ')}.`);
  await putVolumes(place, partOf(CONTENT), takenIn(manifest, CONTENT).snapshot);
  tell(`${CONTENT} is in its place.`);
}

/** Throws it away, with the image that was built for it. */
export async function takeDownStaging(place: Place): Promise<void> {
  const notes = readStaging(place.dir);
  if (notes) noteStaging(place.dir, { ...notes, state: 'going' });
  await throwAway(place);
  await docker(place.dir, ['image', 'rm', '--force', trialImageOf(place)]).catch(() => {});
  forgetStaging(place.dir);
}
