import { type Command, defineCommand } from '@prosora/service';
import manifest from '../../package.json' with { type: 'json' };
import { jobsOptions } from '../options.ts';
import { doctorAt } from './doctor.ts';
import { dropAt, listAt, replayAt, showAt } from './jobs.ts';
import type { Place } from './place.ts';
import { statusAt } from './status.ts';

/** The command `prosora-jobs` as it is run in a place. */
export function createCommand(place: Place): Command {
  return defineCommand({
    name: 'prosora-jobs',
    version: manifest.version,
    about: "Looks into the jobs and schedules that Ghost's adapters keep, while Ghost runs or not.",
    verbs: {
      status: statusAt(place),
      list: listAt(place),
      show: showAt(place),
      replay: replayAt(place),
      drop: dropAt(place),
      doctor: doctorAt(place),
    },
    options: jobsOptions,
    notes: `Run it in Ghost's folder. It reads the adapter's block in Ghost's config, as Ghost does; the
variables below stand for what the block leaves out.

Exit code: 0 when all is well, 1 when something is not, 2 for a wrong command.`,
    // As Ghost 6, beside which it runs.
    oldestNode: 22,
  });
}
