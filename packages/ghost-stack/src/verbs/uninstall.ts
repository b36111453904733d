import { createInterface } from 'node:readline/promises';
import { UsageError, verb } from '@prosora/service';
import { closedPlaceOf, throwAway } from '../drill/closed-project.ts';
import { removeEnded } from '../ops/run-job.ts';
import { stackOptions } from '../options.ts';
import { findPlace, type Place } from '../repository/place.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { compose, projectIn } from '../stack/compose.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';
import { takeDownStaging } from '../staging/bring-up-staging.ts';
import { takeStaging } from '../staging/staging-notes.ts';
import { STAGING_PORT, stagingPlaceOf } from '../staging/staging-project.ts';
import { removeImages } from '../update/images.ts';

export const uninstall = verb({
  help: 'Removes the stack: lists what goes, then asks',
  flags: {
    'keep-data': { type: 'boolean', help: 'Keep the volumes: the next `up` goes on with them' },
    yes: { type: 'boolean', help: 'Do not ask' },
  },
  needs: stackOptions,
  async run({ flags, options: { dir }, print, show }) {
    const every = ['--profile', '*'];
    const { name, volumes } = await projectIn(dir);
    const kept = flags['keep-data'];
    const images = (await compose(dir, [...every, 'config', '--images'])).trim().split('\n');
    const going = {
      containers: `every container and network of ${name} and of its staging`,
      images: images.filter((image) => image.endsWith(':dev')),
      volumes: kept ? [] : Object.values(volumes).map((volume) => volume.name),
    };
    print(`This goes: ${going.containers}, ${going.images.length} images that were built here.`);
    if (!kept) print(`And all data, for good:\n  ${going.volumes.join('\n  ')}`);
    print(`This stays: ${dir} with .env and .prosora${kept ? ', and every volume' : ''}.`);
    if (!flags.yes) await assertMeant(name);
    using _staging = takeStaging(dir);
    await oneAtATime(dir, 'uninstall', async () => {
      await compose(dir, [...every, 'rm', '--stop', '--force', 'ops']);
      // What it has begun holds volumes.
      await removeEnded({ project: name }, undefined);
      await removeClosed(await findPlace(dir));
      await compose(dir, [...every, 'down', '--rmi', 'local', ...(kept ? [] : ['--volumes'])]);
    });
    show(going, () => 'The stack is gone.');
    return 0;
  },
});

/** Staging, and what a drill or a rehearsal left: copies of the site that nobody will ask for again. */
async function removeClosed(place: Place): Promise<void> {
  const settings = effectiveSettings(place.dir, process.env);
  await throwAway(closedPlaceOf(place, settings, { name: 'drill' }));
  await throwAway(closedPlaceOf(place, settings, { name: 'rehearsal' }));
  await removeImages(place.dir, place.site);
  const wanted = { port: STAGING_PORT, ghost: undefined };
  await takeDownStaging(stagingPlaceOf(place, settings, wanted));
}

/** @throws UsageError when nobody types the name */
async function assertMeant(name: string): Promise<void> {
  const refusal = new UsageError('Nothing was removed.', 'Type the name, or give --yes.');
  if (!process.stdin.isTTY) throw refusal;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await terminal.question(`Type "${name}" to remove it: `);
  terminal.close();
  if (typed.trim() !== name) throw refusal;
}
