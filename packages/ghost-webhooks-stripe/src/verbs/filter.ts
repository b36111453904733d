import { type Flags, type FlagValues, UsageError } from '@prosora/service';
import type { EventFilter, EventState } from '../inbox/reader.ts';

/** What Ghost will not get by itself. */
export const UNDELIVERED: readonly EventState[] = ['dead', 'ambiguous', 'held'];

const STATES: readonly EventState[] = [
  'waiting',
  'ready',
  'delayed',
  'aside',
  'leased',
  'done',
  'superseded',
  'dropped',
  'ambiguous',
  'dead',
  'held',
  'twin',
  'ignored',
];

/** The flags of verbs that choose events. */
export const filterFlags = {
  state: { type: 'string', value: 'STATES', help: 'Of these states, separated by commas' },
  type: { type: 'string', value: 'TYPE', help: "Of this type of Stripe's" },
  customer: { type: 'string', value: 'ID', help: 'Of this customer at Stripe' },
  limit: { type: 'string', value: 'NUMBER', help: 'So many at most' },
} as const satisfies Flags;

/** Reads the flags that choose events. @throws UsageError */
export function filterOf({
  state,
  type,
  customer,
  limit,
}: FlagValues<typeof filterFlags>): EventFilter {
  const states = state?.split(',') as EventState[] | undefined;
  const unknown = states?.filter((one) => !STATES.includes(one)) ?? [];
  if (unknown.length > 0) {
    throw new UsageError(
      `There is no state ${unknown.join(', ')}.`,
      `States are ${STATES.join(', ')}.`,
    );
  }
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) {
    throw new UsageError(`--limit ${limit} is no number.`, 'Say for example --limit 100.');
  }
  return { states, type, customer, limit: limit === undefined ? undefined : Number(limit) };
}
