import type { Flags } from '@prosora/service';

/** The flags of verbs that choose events. */
export const filterFlags = {
  state: { type: 'string', value: 'STATES', help: 'Of these states, separated by commas' },
  type: { type: 'string', value: 'TYPE', help: "Of this type of Stripe's" },
  customer: { type: 'string', value: 'ID', help: 'Of this customer at Stripe' },
  since: {
    type: 'string',
    value: 'TIME',
    help: 'That came at this time or later: 2026-11-29T18:00Z',
  },
  until: { type: 'string', value: 'TIME', help: 'That came before this time' },
  limit: { type: 'string', value: 'NUMBER', help: 'So many at most' },
} as const satisfies Flags;
