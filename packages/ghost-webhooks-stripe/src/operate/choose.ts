import { setImmediate } from 'node:timers/promises';
import { UsageError } from '@prosora/service';
import type { Inbox } from '../inbox/inbox.ts';
import type { EventFilter, EventState } from '../inbox/list.ts';

/** Which events to change. */
export interface Choice extends Omit<EventFilter, 'states'> {
  /** These; of a filter `state` alone counts beside them. */
  ids?: readonly string[] | undefined;
  state?: readonly EventState[] | undefined;
  limit?: number | undefined;
  /** All that Ghost will not get by itself. */
  all?: boolean;
}

/** What Ghost will not get by itself. */
const UNDELIVERED: readonly EventState[] = ['dead', 'ambiguous', 'held'];

/** Bounds how long an event that comes in has to wait for its turn. */
const AT_ONCE = 100;
const PAGE = 1_000;

/** Counted at most, unless told otherwise. */
const COUNTED = 10_000;

/** Counts the events that a filter finds, up to a limit. */
export async function countEach(
  inbox: Pick<Inbox, 'list' | 'countByState'>,
  { limit = COUNTED, ...choice }: Choice,
): Promise<{ count: number; isMore: boolean }> {
  const { all: _, state, ...filter } = choice;
  const states = state ?? (choice.all ? UNDELIVERED : undefined);
  const count =
    (await inbox.countByState({ ...filter, states }, limit + 1)) ??
    (await idsOf(inbox, { ...choice, limit: limit + 1 })).length;
  return { count: Math.min(count, limit), isMore: count > limit };
}

/**
 * Changes the chosen events, oldest first, a part at a time. Those that a filter chose, or that were named with the state
 * in which a person saw them, have to be in it still when their turn comes: two people who replay the same dead events at
 * once have each sent once.
 */
export async function changeEach(
  inbox: Pick<Inbox, 'list'>,
  choice: Choice,
  change: (ids: readonly string[], among?: readonly EventState[]) => Promise<string[]>,
): Promise<{ asked: number; changed: number }> {
  const ids = choice.ids ?? (await idsOf(inbox, choice));
  const among = choice.state ?? (choice.ids === undefined ? UNDELIVERED : undefined);
  let changed = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    changed += (await change(ids.slice(at, at + AT_ONCE), among)).length;
    await setImmediate();
  }
  return { asked: ids.length, changed };
}

/** Collected before anything is changed, since a change moves an event to another state. */
async function idsOf(inbox: Pick<Inbox, 'list'>, choice: Choice): Promise<string[]> {
  const { ids: _, all, limit = Number.POSITIVE_INFINITY, state, ...filter } = choice;
  if (!all && state === undefined && Object.values(filter).every((one) => one === undefined)) {
    throw new UsageError(
      'Say which events.',
      'Name their ids, or a state, a type, a customer, a time, or all that Ghost lacks.',
    );
  }
  const ids: string[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await inbox.list(
      { ...filter, states: state ?? UNDELIVERED },
      { limit: Math.min(PAGE, limit - ids.length), after },
    );
    ids.push(...items.map(({ id }) => id));
    after = next ?? undefined;
    await setImmediate();
  } while (after !== undefined && ids.length < limit);
  return ids.reverse();
}
