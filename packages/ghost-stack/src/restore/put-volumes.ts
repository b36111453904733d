import { createInterface } from 'node:readline/promises';
import { placeOf, type VolumePart } from '../backup/parts.ts';
import type { Place } from '../repository/place.ts';
import { assertEnded, startScript } from '../repository/restic.ts';
import type { Aside } from './half-restore.ts';

/**
 * Empties a volume into its folder `.before-restore`. A run that was killed on its way is gone on with by the next: what
 * is still at its old place then is moved as well, and what a half restore left is not taken for what was there.
 */
const SET_ASIDE = `others() { find . -mindepth 1 -maxdepth 1 ! -name '.before-restore' ! -name '.moving' ! -name '.moved' "$@"; }
if [ -d .moved ]; then others -exec rm -rf {} +
else mkdir -p .moving; others -exec sh -c 'mv "$@" .moving' _ {} +; mv .moving .moved; fi`;

/** What a restore has put there that is gone on with, or begun anew. */
const DISCARD = `find . -mindepth 1 -maxdepth 1 ! -name '.before-restore' ! -name '.moved' -exec rm -rf {} +`;

/** Copies of stores go where their originals were. */
const FINISH = `if [ -d .backup ]; then cp -a .backup/. .; rm -rf .backup; fi
[ -d .moved ] || exit 0
rm -rf .before-restore; mv .moved .before-restore
[ -n "$(ls -A .before-restore)" ] || rmdir .before-restore`;

/**
 * Puts the volumes `WAY=NAME` of a folder of a snapshot. It says the name of each and goes on once that is noted: where
 * the run that would note it is gone, what was there stays in `.moved`, where the next finds it.
 */
const PUT = `from=$1 set_aside=$2 discard=$3 finish=$4; shift 4
for word; do
  way=\${word%%=*} volume=\${word#*=}
  cd "/target/$volume" || fail
  before=$set_aside
  case $way in
    again) before=$discard ;;
    # What a killed run has put into an empty one does not count.
    empty) [ -d .moved ] || [ -z "$(find . -type f | head -n 1)" ] || continue ;;
  esac
  sh -euc "$before" || fail
  $RESTIC restore --no-lock "$from$volume" --target . </dev/null >/dev/null || exit
  echo "$volume"
  read -r noted || exit
  sh -euc "$finish" || fail
done`;

/**
 * Puts a part's volumes back. What is there is kept beside, in a folder `.before-restore`, until the next restore; where
 * it stands there already it stays.
 *
 * @param onlyEmpty volumes that have anything in them stay as they are
 * @returns the volumes that were put
 * @throws ProsoraError as `restic` does, `RESTORE_FAILED`; the volume is then in the state that the next run goes on from
 */
export async function putVolumes(
  place: Place,
  part: VolumePart,
  snapshot: string,
  { onlyEmpty = false, aside }: { onlyEmpty?: boolean; aside?: Aside } = {},
): Promise<string[]> {
  const wayOf = (key: string) => {
    if (onlyEmpty) return 'empty';
    return aside?.has(key) ? 'again' : 'aside';
  };
  const started = startScript(
    place,
    PUT,
    [
      ...[`${snapshot}:${placeOf(part.name, '')}`, SET_ASIDE, DISCARD, FINISH],
      ...part.volumes.map((key) => `${wayOf(key)}=${key}`),
    ],
    { mounts: part.volumes.map((key) => `${place.volumes[key] ?? key}:/target/${key}`) },
  );
  const put: string[] = [];
  const note = async () => {
    try {
      for await (const key of createInterface({ input: started.stdout })) {
        aside?.add(key);
        put.push(key);
        started.stdin.write('noted\n');
      }
    } finally {
      started.stdin.end();
    }
  };
  // Also where nothing could be noted, the container has ended before another may begin.
  const [noted, ended] = await Promise.allSettled([note(), assertEnded(started, 'restore')]);
  if (noted.status === 'rejected') throw noted.reason;
  if (ended.status === 'rejected') throw ended.reason;
  return put;
}
