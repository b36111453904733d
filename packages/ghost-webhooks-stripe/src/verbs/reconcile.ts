import { createGhostAdmin } from '../ghost-admin.ts';
import { compare, type Findings, repair } from '../reconcile.ts';
import { openStripeAccount } from '../stripe.ts';
import { type Flags, misused, print, printJson, type Verb, withInbox } from './verb.ts';

/** `reconcile`: what Stripe has and the inbox or Ghost lacks; with `--apply` it is repaired. */
export const reconcile: Verb = (flags, values) =>
  withInbox(values, async (inbox) => {
    const { stripeKey: key, stripeApi, ghostUrl, ghostAdminKey } = values;
    const account = openStripeAccount({ key, url: stripeApi });
    const admin = ghostAdminKey
      ? createGhostAdmin({ url: ghostUrl, key: ghostAdminKey })
      : undefined;
    const since = sinceOf(flags);
    const found = await compare({ account, inbox, admin, since, products: flags.product });
    if (flags.json)
      printJson({ ...found, repairs: found.repairs.map(({ build: _, ...it }) => it) });
    else print(format(found));
    if (!flags.apply) {
      if (found.repairs.length > 0 && !flags.json) {
        print('Nothing was changed: --apply puts these events into the inbox.\n');
      }
      return;
    }
    const gone = await repair(found.repairs, inbox);
    if (flags.json) return;
    print(`${found.repairs.length - gone.length} events are in the inbox and go to Ghost.\n`);
    for (const { id, subject } of gone) print(`${id}: ${subject} is gone at Stripe.\n`);
  });

const DAYS = /^([1-9]\d*)d$/;

function sinceOf({ since, all }: Flags): Date | 'all' {
  if (all) return 'all';
  const days = DAYS.exec(since ?? '')?.[1];
  if (days === undefined) {
    throw misused('Say since when.', 'For example --since 30d, or --all for every subscription.');
  }
  return new Date(Date.now() - Number(days) * 86_400_000);
}

function format({ repairs, notes, compared }: Findings): string {
  const lines = repairs.map(({ kind, id, type, why }) => `${kind}  ${id}  ${type}  ${why}`);
  const total = `${compared.events} events and ${compared.subscriptions} subscriptions compared, ${repairs.length} to repair.`;
  return `${[...lines, ...notes, total].join('\n')}\n`;
}
