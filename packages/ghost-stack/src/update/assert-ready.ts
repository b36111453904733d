import { ProsoraError } from '@prosora/service';
import type { Place } from '../repository/place.ts';
import { ask, nameOf } from '../restore/ask-database.ts';
import { compose, docker } from '../stack/compose.ts';

/** What is fetched may be as large as all that runs, and is unpacked beside it. */
const TIMES = 2;

/**
 * Whether an update may begin now.
 *
 * @throws ProsoraError `BUSY` while a newsletter is on its way; `DISK_SHORT` without room for the images
 */
export async function assertReady(place: Place): Promise<void> {
  await assertNoNewsletter(place);
  const { dir, services } = place;
  const needed = TIMES * (await sizeOf(dir, services));
  const free = await freeIn(dir);
  if (free >= needed) return;
  const [gigabytes, there] = [needed, free].map((bytes) => (bytes / 2 ** 30).toFixed(1));
  throw new ProsoraError(
    'DISK_SHORT',
    `New images take up to ${gigabytes} GB, and ${there} GB are free.`,
    { help: 'Enlarge the disk, or free some: `docker image prune`.' },
  );
}

async function sizeOf(dir: string, services: readonly string[]): Promise<number> {
  const printed = await compose(dir, ['images', '--format', 'json', ...services]);
  const ids = new Set((JSON.parse(printed) as { ID: string }[]).map(({ ID }) => ID));
  if (ids.size === 0) return 0;
  const sizes = await docker(dir, ['image', 'inspect', '--format', '{{.Size}}', ...ids]);
  return sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
}

/** Where Docker keeps images and volumes, as it is seen from within a container. */
async function freeIn(dir: string): Promise<number> {
  const df = await compose(dir, ['exec', '-T', 'caddy', 'df', '-Pk', '/']);
  const [, , , kilobytes] = (df.trim().split('\n').at(-1) ?? '').split(/\s+/);
  return Number(kilobytes) * 1024;
}

/** @throws ProsoraError `BUSY` while Ghost hands a newsletter over: another Ghost would begin it again */
export async function assertNoNewsletter(place: Place): Promise<void> {
  const [count = '0'] = await ask(
    place,
    `SELECT COUNT(*) FROM \`${nameOf(place)}\`.emails WHERE status IN ('pending', 'submitting');`,
  );
  if (count === '0') return;
  throw new ProsoraError('BUSY', 'A newsletter is on its way.', {
    help: 'Wait until Ghost has handed it over.',
  });
}
