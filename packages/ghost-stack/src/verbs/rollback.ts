import { ProsoraError, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { findPlace } from '../repository/place.ts';
import { assertNotHalfRestored } from '../restore/half-restore.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';
import { inWords } from '../update/in-words.ts';
import { wayBack } from '../update/roll-back.ts';
import { rollBack } from '../update/run-update.ts';
import { halfUpdate, readUpdates } from '../update/update-notes.ts';

export const rollback = verb({
  help: 'Puts back the images from before the last update, and the database where Ghost had changed it',
  flags: {
    to: { type: 'string', value: 'N', help: 'From before that update: `prosora history`' },
  },
  needs: stackOptions,
  async run({ flags: { to }, options: { dir }, print, show }) {
    if (to !== undefined && !/^\d+$/.test(to)) {
      throw new UsageError(`"${to}" is no number of an update.`, '`prosora history` lists them.');
    }
    return await oneAtATime(dir, 'rollback', async () => {
      assertNotHalfRestored(dir);
      if (halfUpdate(dir)) {
        throw new ProsoraError('HALF_UPDATED', 'An update did not end.', {
          help: 'Run `prosora update`, which ends it or goes back.',
        });
      }
      const way = wayBack(readUpdates(dir), to === undefined ? undefined : Number(to));
      const done = await rollBack(await findPlace(dir), way, print);
      show(done, () => inWords(done));
      return 0;
    });
  },
});
