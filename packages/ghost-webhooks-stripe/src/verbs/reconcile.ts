import { compare, type Findings } from '../account/compare.ts';
import { type Repair, type RepairOutcome, repair } from '../account/repair.ts';
import { openStripeAccount } from '../account/stripe.ts';
import { createGhostAdmin } from '../deliver/ghost-admin.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { openSinks } from '../sinks/sinks.ts';
import {
  type Flags,
  misused,
  print,
  printJson,
  type Values,
  type Verb,
  withInbox,
} from './verb.ts';

/** `reconcile`: what Stripe has and the inbox or Ghost lacks; with `--apply` it is repaired. */
export const reconcile: Verb = async (flags, values) => {
  const sinks = await openSinks(values);
  await withInbox(values, (inbox) => reconcileIn(inbox, flags, values), { sinks });
};

async function reconcileIn(inbox: Inbox, flags: Flags, values: Values): Promise<void> {
  const { stripeKey: key, stripeApi, ghostUrl, ghostAdminKey } = values;
  const account = openStripeAccount({ key, url: stripeApi });
  const admin = ghostAdminKey ? createGhostAdmin({ url: ghostUrl, key: ghostAdminKey }) : undefined;
  const since = sinceOf(flags);
  const found = await compare({ account, inbox, admin, since, products: flags.product });
  const repaired = flags.apply ? await repair(found.repairs, inbox, admin) : undefined;
  if (flags.json) {
    return printJson({
      ...found,
      repairs: found.repairs.map(({ build: _, ...it }, at) => ({
        ...it,
        ...(repaired && { outcome: repaired[at]?.outcome }),
      })),
    });
  }
  print(format(found));
  if (repaired !== undefined) return print(formatOutcomes(repaired));
  if (found.repairs.length > 0) {
    print('Nothing was changed: --apply puts these events into the inbox.\n');
  }
}

const OUTCOMES: Record<RepairOutcome, string> = {
  sent: 'in the inbox, goes to Ghost',
  gone: 'gone at Stripe',
  counted: 'not needed: Ghost has counted it',
  known: 'in the inbox already',
  twin: 'kept: another event says the same',
  held: 'kept and held: `replay` if Ghost lacks it, else `skip`',
};

function formatOutcomes(repaired: readonly { repair: Repair; outcome: RepairOutcome }[]): string {
  return repaired
    .map(({ repair: { id, subject }, outcome }) => `${id}  ${subject}  ${OUTCOMES[outcome]}\n`)
    .join('');
}

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
