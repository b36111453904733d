import { pick, verb } from '@prosora/service';
import type { RepairOutcome } from '../account/repair.ts';
import type { Found } from '../operate/operations.ts';
import { stripeOptions } from '../options.ts';
import { openSinks } from '../sinks/sinks.ts';
import { askNeeds, operatorOf } from './ask.ts';
import { accountNeeds, accountOf, adminNeeds, adminOf, sinkNeeds } from './visit.ts';

/** `reconcile`: what Stripe has and the inbox or Ghost lacks; with `--apply` it is repaired. */
export const reconcile = verb({
  help: 'Compares with Stripe what the inbox and Ghost have; --apply repairs',
  flags: {
    since: { type: 'string', value: 'DAYS', help: 'Compare the events of so many days: 30d' },
    all: {
      type: 'boolean',
      help: 'Compare every subscription, and events from before the inbox, too',
    },
    product: {
      type: 'string',
      value: 'ID',
      multiple: true,
      help: "A product at Stripe whose subscriptions are the site's",
    },
    apply: { type: 'boolean', help: 'Put what is missing into the inbox' },
  },
  needs: {
    ...askNeeds,
    ...sinkNeeds,
    ...accountNeeds,
    ...adminNeeds,
    ...pick(stripeOptions, 'maxEvents'),
  },
  async run({ flags: { since = '', all, product, apply }, options, show }) {
    const { ask } = operatorOf(options, {
      sinks: () => openSinks(options),
      account: () => accountOf(options),
      admin: () => adminOf(options),
    });
    const found = await ask(apply ? 'reconcile' : 'differences', {
      since: all ? 'all' : since,
      ...(product.length > 0 && { products: product.join() }),
    });
    show(found, linesOf);
    return 0;
  },
});

const OUTCOMES: Record<RepairOutcome, string> = {
  sent: 'in the inbox, goes to Ghost',
  gone: 'gone at Stripe',
  counted: 'not needed: Ghost has counted it',
  known: 'in the inbox already',
  twin: 'kept: another event says the same',
  held: 'kept and held: `replay` if Ghost lacks it, else `skip`',
};

function linesOf({ repairs, notes, compared }: Found): string[] {
  const found = [
    ...repairs.map(({ kind, id, type, why }) => `${kind}  ${id}  ${type}  ${why}`),
    ...notes,
    `${compared.events} events and ${compared.subscriptions} subscriptions compared, ${repairs.length} to repair.`,
  ];
  if (repairs.length === 0) return found;
  const done = repairs.flatMap(({ id, subject, outcome }) =>
    outcome === undefined ? [] : [`${id}  ${subject}  ${OUTCOMES[outcome]}`],
  );
  const dry = 'Nothing was changed: --apply puts these events into the inbox.';
  return [...found, ...(done.length > 0 ? done : [dry])];
}
