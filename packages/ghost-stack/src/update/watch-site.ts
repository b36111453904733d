import { setTimeout as wait } from 'node:timers/promises';
import { keepMinutes } from '../backup/keep-minutes.ts';
import type { Place } from '../repository/place.ts';
import { countsBetween, countsOfEdge, type EdgeCounts } from '../services/edge-counts.ts';
import { clientOf, ofEvery, SERVICES } from '../services/operator.ts';
import { containersOf, docker } from '../stack/compose.ts';
import { isStarting, isWell, judgeSite, type SiteLook } from './judge-site.ts';

const EVERY_MS = 5_000;
/** `ops`, whose run this may be, has no other run meanwhile. */
const KEEP_MS = 60_000;
const IS_WAITING = /_oldest_(pending|change)_seconds$/;

/** What the site was like before, and how long it is watched. */
export interface Watch {
  before: EdgeCounts | undefined;
  /** Services that were not well then. */
  ill: readonly string[];
  /** When the new images were in their place: what the edge had counted. */
  since: EdgeCounts | undefined;
  minutes: number;
}

/** What was seen of a site. */
export interface Watched {
  /** What is wrong with it; undefined where nothing is. */
  fault: string | undefined;
  /** What came to the edge meanwhile; undefined where it did not say. */
  edge: EdgeCounts | undefined;
}

/**
 * Looks at the site for a while, or until something is wrong. What is written meanwhile is kept as on other days.
 */
export async function watchSite(
  place: Place,
  { before, ill, since, minutes }: Watch,
): Promise<Watched> {
  const { dir } = place;
  const until = Date.now() + minutes * 60_000;
  let keptAt = Date.now();
  const looks: SiteLook[] = [];
  const isUndecided = ({ service, state }: SiteLook['containers'][number]) =>
    !ill.includes(service) && isStarting(state);
  for (;;) {
    const look = await lookAtSite(dir, since);
    looks.push(look);
    const fault = judgeSite(looks, before, ill);
    const isOver = Date.now() >= until && !look.containers.some(isUndecided);
    if (fault || isOver) return { fault, edge: look.edge };
    if (Date.now() - keptAt > KEEP_MS) {
      // `ops` tells of it where that fails.
      await keepMinutes(place, () => {}).catch(() => {});
      keptAt = Date.now();
    }
    const left = until - Date.now();
    await wait(left > 0 ? Math.min(EVERY_MS, left) : EVERY_MS);
  }
}

async function lookAtSite(dir: string, since: EdgeCounts | undefined): Promise<SiteLook> {
  const containers = (await containersOf(dir)).filter(
    ({ state, exitCode }) => state !== 'exited' || exitCode !== 0,
  );
  const ids = containers.map(({ id }) => id);
  const format = '{{.RestartCount}}';
  const restarts = (await docker(dir, ['inspect', '--format', format, ...ids])).split('\n');
  const now = await countsOfEdge(dir).catch(() => undefined);
  return {
    containers: containers.map(({ service, health, state }, at) => ({
      service,
      state: health || state,
      restarts: Number(restarts[at]),
    })),
    edge: now && (since ? countsBetween(since, now) : now),
    waiting: await waitingIn(
      dir,
      containers.map(({ service }) => service),
    ),
  };
}

/** A service that does not answer is judged by its container. */
async function waitingIn(
  dir: string,
  services: readonly string[],
): Promise<Record<string, number>> {
  const asked = services
    .filter((service) => Object.hasOwn(SERVICES, service))
    .map(async (service) => {
      const client = await clientOf(dir, service, ofEvery);
      const { metrics } = await client.ask('status', {});
      return metrics.filter(({ name }) => IS_WAITING.test(name));
    });
  const answers = await Promise.allSettled(asked);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

/** The services that are not well now. */
export async function illIn(dir: string): Promise<string[]> {
  const containers = await containersOf(dir);
  return containers
    .filter(({ health, state, exitCode }) => exitCode !== 0 || !isWell(health || state))
    .filter(({ state, exitCode }) => state !== 'exited' || exitCode !== 0)
    .map(({ service }) => service);
}
