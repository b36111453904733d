import { text } from 'node:stream/consumers';
import { ProsoraError } from '@prosora/service';
import { placeOf, type VolumePart } from '../backup/parts.ts';
import { OWNER_LABEL, type Place } from '../repository/place.ts';
import { assertEnded, startRestic } from '../repository/restic.ts';
import { docker } from '../stack/compose.ts';
import type { Aside } from './half-restore.ts';

/**
 * Empties a volume into its folder `.before-restore`. A run that was killed on its way is gone on with by the next: what
 * is still at its old place then is moved as well, and what a half restore left is not taken for what was there.
 */
const SET_ASIDE = `set -eu; cd /target
others() { find . -mindepth 1 -maxdepth 1 ! -name '.before-restore' ! -name '.moving' ! -name '.moved' "$@"; }
if [ -d .moved ]; then others -exec rm -rf {} +
else mkdir -p .moving; others -exec sh -c 'mv "$@" .moving' _ {} +; mv .moving .moved; fi`;

/** What a restore has put there that is gone on with, or begun anew. */
const DISCARD = `cd /target && find . -mindepth 1 -maxdepth 1 ! -name '.before-restore' -exec rm -rf {} +`;

/** Copies of stores go where their originals were. */
const FINISH = `set -eu; cd /target
if [ -d .backup ]; then cp -a .backup/. . && rm -rf .backup; fi
[ -d .moved ] || exit 0
rm -rf .before-restore; mv .moved .before-restore
[ -n "$(ls -A .before-restore)" ] || rmdir .before-restore`;

/**
 * Puts a part's volumes back. What is there is kept beside, in a folder `.before-restore`, until the next restore; where it stands there already it stays.
 *
 * @throws ProsoraError as `restic` does; the volume is then in the state that the next run goes on from
 */
export async function putVolumes(
  place: Place,
  part: VolumePart,
  snapshot: string,
  { onlyEmpty = false, aside }: { onlyEmpty?: boolean; aside?: Aside } = {},
): Promise<string[]> {
  const put: string[] = [];
  for (const key of part.volumes) {
    const volume = place.volumes[key] ?? key;
    if (onlyEmpty && !(await isEmpty(place, volume))) continue;
    await within(place, volume, aside?.has(key) ? DISCARD : SET_ASIDE);
    const words = [
      'restore',
      '--no-lock',
      `${snapshot}:${placeOf(part.name, key)}`,
      '--target',
      '/target',
    ];
    const started = startRestic(place, words, { mounts: [`${volume}:/target`] });
    started.stdin.end();
    await Promise.all([text(started.stdout), assertEnded(started, 'restore')]);
    await within(place, volume, FINISH);
    aside?.add(key);
    put.push(key);
  }
  return put;
}

async function isEmpty(place: Place, volume: string): Promise<boolean> {
  return (
    (await within(place, volume, "find /target -type f ! -path '*/.moved/*' | head -n 1")) === ''
  );
}

/** Runs a script of the shell on a volume, as root without a network. */
async function within(place: Place, volume: string, script: string): Promise<string> {
  const printed = await docker(place.dir, [
    ...[
      'run',
      '--rm',
      '--pull',
      'never',
      '--network',
      'none',
      '--user',
      '0:0',
      '--read-only',
      '--cap-drop',
      'ALL',
    ],
    ...['DAC_OVERRIDE', 'CHOWN', 'FOWNER'].flatMap((name) => ['--cap-add', name]),
    ...['--security-opt', 'no-new-privileges:true', '--volume', `${volume}:/target`],
    ...['--label', `${OWNER_LABEL}=${place.owner}`],
    ...[place.image, 'sh', '-c', script],
  ]).catch((cause: Error) => {
    throw new ProsoraError(
      'RESTORE_FAILED',
      `The volume ${volume} cannot be written: ${cause.message}`,
      { cause },
    );
  });
  return printed.trim();
}
