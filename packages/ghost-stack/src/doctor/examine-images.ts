import { type Finding, ok, warn } from '@prosora/service';
import type { Container } from '../stack/compose.ts';
import { lookForImages } from '../update/newest-images.ts';

const PLACE = '`prosora update` tries it out first, and takes it.';
const FOREIGN = 'It is for another kind of processor: ask whoever makes it for one that fits.';

/** Whether what runs stands on the newest images of their tags. */
export async function* examineImages(
  dir: string,
  containers: readonly Container[],
): AsyncGenerator<Finding> {
  const looks = await lookForImages(dir, containers);
  for (const { tag, isNewer, isForeign, runs, newest } of looks) {
    const versions = runs && newest && runs !== newest;
    const newer = versions ? `: ${newest}, and ${runs} runs here` : ' than what runs here';
    if (isNewer) yield warn('images', `${tag} is newer${newer}.`, isForeign ? FOREIGN : PLACE);
  }
  const unknown = looks.filter(({ digest }) => digest === undefined).map(({ tag }) => tag);
  if (unknown.length > 0) {
    yield warn('images', `No registry could be asked about ${unknown.join(', ')}.`);
  }
  if (looks.length > 0 && unknown.length === 0 && !looks.some(({ isNewer }) => isNewer)) {
    yield ok('images', 'Everything stands on the newest images of their tags.');
  }
}
