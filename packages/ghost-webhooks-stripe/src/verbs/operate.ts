import { type FlagValues, UsageError, verb } from '@prosora/service';
import type { Inbox } from '../inbox/inbox.ts';
import { openSinks } from '../sinks/sinks.ts';
import { filterFlags, filterOf, UNDELIVERED } from './filter.ts';
import { inboxNeeds, sinkNeeds, withInbox } from './visit.ts';

/** Bounds how long `serve` has to wait for its turn to write. */
const AT_ONCE = 500;
const EVERYTHING = 1_000_000;

const flags = {
  ...filterFlags,
  all: { type: 'boolean', help: 'All that Ghost will not get by itself: dead, ambiguous and held' },
} as const;

/** `replay`: sends events to Ghost again. */
export const replay = verb({
  help: 'Sends events to Ghost again: those named, or those that the flags find',
  args: '[id]…',
  flags,
  needs: { ...inboxNeeds, ...sinkNeeds },
  async run({ args, flags: chosen, options, show }) {
    const sinks = await openSinks(options);
    const done = await withInbox(
      options,
      (inbox) => eachWanted(inbox, args, chosen, inbox.replay),
      sinks,
    );
    show(done, ({ asked, changed }) => `${changed} of ${asked} will be delivered.`);
    return done.changed < done.asked ? 1 : 0;
  },
});

/** `skip`: takes events out that Ghost need not get. */
export const skip = verb({
  help: 'Takes events out that Ghost need not get: those named, or those that the flags find',
  args: '[id]…',
  flags,
  needs: inboxNeeds,
  async run({ args, flags: chosen, options, show }) {
    const done = await withInbox(options, (inbox) => eachWanted(inbox, args, chosen, inbox.skip));
    show(done, ({ asked, changed }) => `${changed} of ${asked} will not be delivered.`);
    return done.changed < done.asked ? 1 : 0;
  },
});

async function eachWanted(
  inbox: Inbox,
  args: readonly string[],
  chosen: FlagValues<typeof flags>,
  work: (ids: readonly string[]) => Promise<string[]>,
): Promise<{ asked: number; changed: number }> {
  const ids = await wantedIds(args, chosen, inbox);
  let changed = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    changed += (await work(ids.slice(at, at + AT_ONCE))).length;
  }
  return { asked: ids.length, changed };
}

/** The events that are named, or that a filter finds; `--all` is what Ghost will not get by itself. */
async function wantedIds(
  args: readonly string[],
  chosen: FlagValues<typeof flags>,
  inbox: Inbox,
): Promise<readonly string[]> {
  if (args.length > 0) return args;
  const { all, state, type, customer } = chosen;
  if (!all && state === undefined && type === undefined && customer === undefined) {
    throw new UsageError(
      'Say which events.',
      'Name their ids, or --state, --type, --customer or --all.',
    );
  }
  const { states = UNDELIVERED, limit = EVERYTHING, ...filter } = filterOf(chosen);
  const events = await inbox.list({ ...filter, states, limit });
  // Oldest first, as they came.
  return events.map(({ id }) => id).reverse();
}
