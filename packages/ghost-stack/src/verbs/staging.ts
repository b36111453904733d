import { existsSync } from 'node:fs';
import { ProsoraError, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { readManifest, snapshotsOf } from '../repository/backups.ts';
import { takeRepository } from '../repository/open-repository.ts';
import { findPlace, type Place } from '../repository/place.ts';
import { asChosen, chooseLatest } from '../restore/choose-moment.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { bringUpStaging, type Restored, takeDownStaging } from '../staging/bring-up-staging.ts';
import { lookAtStaging, type StagingLook } from '../staging/look-at-staging.ts';
import { isStagingTaken, readStaging, takeStaging } from '../staging/staging-notes.ts';
import { STAGING_PORT, stagingPlaceOf, type Wanted } from '../staging/staging-project.ts';

const WORDS = ['up', 'status', 'down'];

export const staging = verb({
  help: 'Keeps a copy of the site on this machine alone, for trying a theme or a version of Ghost',
  args: '[up|status|down] [backup]',
  flags: {
    ghost: {
      type: 'string',
      value: 'VERSION',
      help: 'On another Ghost than the site’s, such as 6.70.0, or an image of it',
    },
    port: {
      type: 'string',
      value: 'PORT',
      help: `Where it is: on 127.0.0.1 alone; ${STAGING_PORT} unless said`,
    },
  },
  needs: stackOptions,
  async run({ args: [word = 'status', backup], flags, options: { dir }, print, show }) {
    if (!WORDS.includes(word)) {
      throw new UsageError(
        `\`prosora staging\` takes no word "${word}".`,
        `Say ${WORDS.join(', ')}.`,
      );
    }
    const wanted = {
      port: portOf(flags.port ?? String(STAGING_PORT)),
      ghost: imageOf(flags.ghost),
    };
    const place = await findPlace(dir);
    if (word !== 'status') {
      using _turn = takeStaging(dir);
      if (word === 'up') await bringUp(place, backup, wanted, print);
      else await takeDownStaging(closed(place, readStaging(dir) ?? wanted));
    }
    const look = await lookAtStaging(dir, place.site);
    show(look ?? {}, () => lines(look, isStagingTaken(dir)));
    return look === undefined || look.state === 'up' ? 0 : 1;
  },
});

const closed = (place: Place, wanted: Wanted): Place =>
  stagingPlaceOf(place, effectiveSettings(place.dir, process.env), wanted);

async function bringUp(
  place: Place,
  backup: string | undefined,
  wanted: Wanted,
  print: (line: string) => void,
): Promise<void> {
  const look = await lookAtStaging(place.dir, place.site);
  if (look && look.state !== 'cut off') {
    throw new ProsoraError('STAGING_UP', `Staging is there already, at ${look.site}`, {
      help: '`prosora staging down` throws it away.',
    });
  }
  const restored = await choose(place, backup);
  print(`${restored.manifest.run} is restored.`);
  await bringUpStaging(closed(place, wanted), restored, wanted, print);
}

/** The newest with what was written since, or the one that is named. */
async function choose(place: Place, wanted: string | undefined): Promise<Restored> {
  if (!existsSync(place.passwordFile)) {
    throw new ProsoraError('BACKUP_UNKNOWN', 'There is no backup yet.', {
      help: '`prosora backup now` takes the first.',
    });
  }
  using _turn = await takeRepository(place);
  const chosen = chooseLatest(await snapshotsOf(place), wanted);
  const manifest = asChosen(await readManifest(place, chosen.base), chosen);
  return { manifest, replay: chosen.replay };
}

/** @throws UsageError for what is no port that anybody may open */
function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1024 && port <= 65_535) return port;
  throw new UsageError(`"${text}" is no port for staging.`, 'Use a number from 1024 to 65535.');
}

/** @throws UsageError for what is neither a version nor an image */
function imageOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+){0,2}$/.test(text)) return `ghost:${text}-alpine`;
  if (/^[\w.-]+([:/@][\w./@:-]+)$/.test(text)) return text;
  throw new UsageError(
    `"${text}" is no version of Ghost.`,
    'Say it like 6.70.0, or name an image.',
  );
}

function lines(look: StagingLook | undefined, isTaken: boolean): string[] {
  if (isTaken) return ['Another `prosora staging` is at it right now.'];
  if (look === undefined) return ['There is no staging: `prosora staging up` makes one.'];
  const { state, run, since, ghost, site, admin } = look;
  if (state === 'cut off') {
    return [
      'A run that was killed left half of staging.',
      '`prosora staging up` begins anew, `… down` throws it away.',
    ];
  }
  const on = ghost ? ` on ${ghost}` : '';
  return [
    `${run}${on}, since ${since}${state === 'up' ? '' : ', does not run: `prosora staging down` throws it away'}`,
    `The site     ${site}`,
    `Ghost Admin  ${admin}`,
  ];
}
