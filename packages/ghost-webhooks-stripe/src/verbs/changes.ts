import { verb } from '@prosora/service';
import type { ListedChange } from '../operate/changes.ts';
import type { ChangeType } from '../webhook/change.ts';
import { askNeeds, operatorOf } from './ask.ts';
import { filterFlags } from './choose.ts';

const { customer, since, until } = filterFlags;
/** Events that are looked at for a page. */
const PAGE = 200;

/** `changes`: what happened to members. */
export const changes = verb({
  help: 'Lists what happened to members, newest first, as events say',
  flags: {
    type: { type: 'string', value: 'TYPE', help: 'Such as subscription.cancel_scheduled' },
    customer,
    since,
    until,
  },
  needs: askNeeds,
  async run({ flags: { type, ...filter }, options, show }) {
    const { ask } = operatorOf(options);
    const found: ListedChange[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const asked = { ...filter, ...(type && { type: type as ChangeType }), limit: PAGE };
      const { items, next } = await ask('changes', { ...asked, after });
      found.push(...items);
      after = next;
    }
    show(found, () => found.map(lineOf));
    return 0;
  },
});

function lineOf({ at, type, address, customer, amount, currency }: ListedChange): string {
  const money = amount === null ? '' : `${amount} ${currency}`;
  return [at.toISOString(), type, customer ?? '-', address ?? '-', money].join('  ').trimEnd();
}
