import { ProsoraError } from '@prosora/service';
import { keepWithTurn } from '../backup/keep-minutes.ts';
import { takeRepository } from '../repository/open-repository.ts';
import type { Place } from '../repository/place.ts';
import { compose, containersOf } from '../stack/compose.ts';
import { assertNoNewsletter } from './assert-ready.ts';
import { pointTo } from './images.ts';
import type { Change, Update } from './update-notes.ts';

/** What others need comes before them; the edge, which holds requests meanwhile, comes late, and the command last. */
const ORDER = [
  ...['redis', 'db', 'engine', 'mail', 'webhooks', 'analytics', 'cdn', 'ghost'],
  ...['pages', 'console', 'caddy', 'sandbox', 'metrics', 'db-metrics', 'rules', 'alerts', 'ops'],
];
const LONGEST_S = 300;
/** A migration may take three times as long as where nobody saw it. */
const TIMES = 3;
const LEAST_S = 90;

/** What is done around the start of Ghost, and with a service that does not come up. */
interface Swapping {
  tell(line: string): void;
  beforeGhost?(): Promise<void>;
  onFault(fault: ProsoraError): void;
}

/** Puts images in their place, a service at a time: each is asked how it is before the next. */
export async function swap(
  place: Place,
  which: 'former' | 'next',
  update: Update,
  { tell, beforeGhost, onFault }: Swapping,
): Promise<void> {
  const { dir } = place;
  await pointTo(dir, which, update.changes);
  for (const service of inOrder(update.changes)) {
    if (service === 'ghost') await beforeGhost?.();
    const fault = await startOne(dir, service, limitOf(service, update));
    if (fault) onFault(fault);
    else tell(`${service} runs on the ${which === 'next' ? 'new' : 'former'} image.`);
  }
}

/** The services of some changes, in the order in which they are started anew. */
function inOrder(changes: readonly Change[]): string[] {
  const services = new Set(changes.flatMap((change) => change.services));
  const known = ORDER.filter((each) => services.has(each));
  return [...known, ...[...services].filter((each) => !ORDER.includes(each))];
}

function limitOf(service: string, { rehearsal }: Update): number {
  if (service !== 'ghost' || !rehearsal) return LONGEST_S;
  return Math.max(LEAST_S, Math.ceil((TIMES * rehearsal.bootMs) / 1000));
}

/** @returns why it does not come up, if it does not */
async function startOne(
  dir: string,
  service: string,
  limitS: number,
): Promise<ProsoraError | undefined> {
  try {
    await compose(dir, startWords(service, limitS));
    return undefined;
  } catch (cause) {
    const containers = await containersOf(dir).catch(() => []);
    const found = containers.find((each) => each.service === service);
    const how = found?.status || (cause as Error).message;
    return new ProsoraError('NOT_HEALTHY', `${service} does not come up: ${how}.`, { cause });
  }
}

/** The words of Compose that start one service on what its name means, and wait until it is well. */
export const startWords = (service: string, limitS = LONGEST_S): string[] => [
  ...['up', '--detach', '--no-build', '--no-deps', '--wait', '--wait-timeout', String(limitS)],
  service,
];

/**
 * Stops Ghost, so that nothing is written any more, and keeps what was: the way back has all of it. Where the database is
 * elsewhere, or keeps no log, there are dumps alone, and the way back has what was there at the backup.
 *
 * @returns up to when all is kept
 * @throws ProsoraError `BUSY` where a newsletter had just begun
 */
export async function stopGhost(place: Place): Promise<Date | undefined> {
  using _turn = await takeRepository(place);
  await compose(place.dir, ['stop', 'ghost']);
  await assertNoNewsletter(place);
  const kept = await keepWithTurn(place, () => {}).catch((error: ProsoraError) => {
    if (error.code !== 'LOG_OFF') throw error;
    return undefined;
  });
  return kept?.moment;
}
