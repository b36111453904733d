import type { Inbox } from '../inbox/inbox.ts';
import { openSinks } from '../sinks/sinks.ts';
import { filterOf, UNDELIVERED } from './inspect.ts';
import { type Flags, misused, print, type Verb, withInbox } from './verb.ts';

/** Bounds how long `serve` has to wait for its turn to write. */
const AT_ONCE = 500;
const EVERYTHING = 1_000_000;

/** `replay`: sends events to Ghost again. */
export const replay: Verb = async (flags, values) => {
  const sinks = await openSinks(values);
  await withInbox(
    values,
    async (inbox) => {
      const ids = await wantedIds(flags, inbox);
      const replayed = await inParts(ids, inbox.replay);
      print(`${replayed} of ${ids.length} will be delivered.\n`);
      if (replayed < ids.length) process.exitCode = 1;
    },
    { sinks },
  );
};

/** `skip`: takes events out that Ghost need not get. */
export const skip: Verb = (flags, values) =>
  withInbox(values, async (inbox) => {
    const ids = await wantedIds(flags, inbox);
    const skipped = await inParts(ids, inbox.skip);
    print(`${skipped} of ${ids.length} will not be delivered.\n`);
    if (skipped < ids.length) process.exitCode = 1;
  });

/** The events that are named, or that a filter finds; `--all` is what Ghost will not get by itself. */
async function wantedIds(flags: Flags, inbox: Inbox): Promise<string[]> {
  const { args, all, state, type, customer } = flags;
  if (args.length > 0) return args;
  if (!all && state === undefined && type === undefined && customer === undefined) {
    throw misused('Say which events.', 'Name their ids, or --state, --type, --customer or --all.');
  }
  const { states = UNDELIVERED, limit = EVERYTHING, ...filter } = filterOf(flags);
  const events = await inbox.list({ ...filter, states, limit });
  // Oldest first, as they came.
  return events.map(({ id }) => id).reverse();
}

async function inParts(
  ids: readonly string[],
  work: (ids: readonly string[]) => Promise<string[]>,
): Promise<number> {
  let done = 0;
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    done += (await work(ids.slice(at, at + AT_ONCE))).length;
  }
  return done;
}
