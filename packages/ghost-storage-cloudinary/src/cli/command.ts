import { type Command, defineCommand } from '@prosora/service';
import manifest from '../../package.json' with { type: 'json' };
import { environmentOptions } from '../config/parse-config.ts';
import { doctorAt } from './doctor.ts';
import { edgeAt } from './edge-verb.ts';
import type { Place } from './place.ts';
import { pullAt, pushAt, verifyAt } from './transfer-verbs.ts';
import { usageAt } from './usage.ts';

/** The command `ghost-cloudinary` as it is run in a place. */
export function createCommand(place: Place): Command {
  return defineCommand({
    name: 'ghost-cloudinary',
    version: manifest.version,
    about:
      'Looks after a site whose images, media and files are at Cloudinary, and moves it there and back.',
    verbs: {
      doctor: doctorAt(place),
      usage: usageAt(place),
      push: pushAt(place),
      pull: pullAt(place),
      verify: verifyAt(place),
      edge: edgeAt(place),
    },
    options: environmentOptions,
    notes: `Run it in Ghost's folder. It reads the adapter's block in Ghost's config, as Ghost does; the
variables below stand for what the block leaves out.

Exit code: 0 when all is well, 1 when something is not, 2 for a wrong command,
130 when interrupted.`,
    // As Ghost 6, which it runs beside.
    oldestNode: 22,
  });
}
