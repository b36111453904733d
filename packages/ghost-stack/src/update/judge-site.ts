import type { EdgeCounts } from '../services/edge-counts.ts';
import { p99Of, slowerThan } from '../services/edge-counts.ts';

/** A container at one look. */
interface ContainerLook {
  service: string;
  /** Docker's `healthy`, or how it is. */
  state: string;
  /** How often Docker has started it anew by itself. */
  restarts: number;
}

/** The site at one moment of the watch. */
export interface SiteLook {
  containers: readonly ContainerLook[];
  /** Since the swap; undefined where the edge does not answer. */
  edge: EdgeCounts | undefined;
  /** In seconds, by metric: how long the oldest that waits has waited. */
  waiting: Readonly<Record<string, number>>;
}

/** With fewer requests a share says nothing. */
const FEW = 20;
const MORE_ERRORS = 0.02;
const SLOWER = 3;
const SLOW_S = 1;
const SEVERAL = 3;
/** Whatever a service retries, it does within that. */
const LONG_S = 120;

/**
 * What is wrong with a site after an update; undefined where nothing is. One look that is bad may be a moment: the one
 * before has to be bad too.
 *
 * @param before what the edge counted in the time before the update
 * @param ill services that were not well before it
 */
export function judgeSite(
  looks: readonly SiteLook[],
  before: EdgeCounts | undefined,
  ill: readonly string[] = [],
): string | undefined {
  const [former, last] = looks.slice(-2);
  if (former === undefined || last === undefined) return undefined;
  for (const { service, state, restarts } of last.containers) {
    if (ill.includes(service)) continue;
    const then = former.containers.find((each) => each.service === service);
    const first = looks[0]?.containers.find((each) => each.service === service);
    if (restarts > (first?.restarts ?? 0)) return `${service} ended and was started anew.`;
    if (isIll(state) && then && isIll(then.state)) return `${service} is ${state}.`;
  }
  return (
    faultOfEdge(last.edge, before) ?? faultOfQueues(former.waiting, last.waiting, looks[0]?.waiting)
  );
}

/** Of a container, by what Docker says of it. */
export const isWell = (state: string): boolean => state === 'healthy' || state === 'running';

/** As all of them after a start of Docker's: for as long nobody knows how it is. */
export const isStarting = (state: string): boolean => state === 'starting';

const isIll = (state: string): boolean => !isWell(state) && !isStarting(state);

function faultOfEdge(
  after: EdgeCounts | undefined,
  before: EdgeCounts | undefined,
): string | undefined {
  if (after === undefined) return undefined;
  const failing =
    faultOfAnswers('requests', after, before) ??
    faultOfAnswers('answers to readers', after.readers, before?.readers);
  if (failing || after.requests < FEW) return failing;
  // How long readers wait says little: an upload takes as long as their own line.
  if (before === undefined || before.requests < FEW) return undefined;
  const normal = p99Of(before);
  const slow = Number.isFinite(normal)
    ? slowerThan(after, Math.max(SLOW_S, SLOWER * normal))
    : undefined;
  // Of fewer than two hundred requests a single one, which may be an export, would be 1 in 100.
  if (!slow || slow.bound <= normal) return undefined;
  if (slow.slower < SEVERAL || slow.slower <= 0.01 * after.requests) return undefined;
  return `${slow.slower} of ${after.requests} requests took longer than ${slow.bound} s, and before 99 of 100 came within ${normal} s.`;
}

type Answers = Pick<EdgeCounts, 'requests' | 'errors'>;

function faultOfAnswers(
  what: string,
  after: Answers,
  before: Answers = { requests: 0, errors: 0 },
): string | undefined {
  if (after.requests < FEW) return undefined;
  const shareOf = ({ errors, requests }: Answers) => (requests === 0 ? 0 : errors / requests);
  const [share, usual] = [shareOf(after), shareOf(before)];
  if (share <= usual + MORE_ERRORS) return undefined;
  return `${Math.round(share * 100)} % of ${after.requests} ${what} failed, and ${Math.round(usual * 100)} % before.`;
}

/** What waits longer and longer since the first look. */
function faultOfQueues(
  former: SiteLook['waiting'],
  last: SiteLook['waiting'],
  first: SiteLook['waiting'] = {},
): string | undefined {
  const [name, seconds] =
    Object.entries(last).find(
      ([each, now]) =>
        now > LONG_S && now > (former[each] ?? 0) && (former[each] ?? 0) > (first[each] ?? 0),
    ) ?? [];
  return name && `${name} is ${Math.round(seconds ?? 0)}, and grows.`;
}
